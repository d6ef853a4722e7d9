"""The one client against raw servers: bounded in time and size, true to its server."""

from __future__ import annotations

import gzip
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from models.errors import ConfigError, PermanentError
from tasks.sources.http.client import (
    AddressError,
    Answer,
    Bounds,
    DeadlineError,
    ExchangeError,
    HttpClient,
    NoConnectionError,
    TooSlowError,
)
from tests.support.raw_server import Script, answering, dripping, raw_server
from tests.support.waiting import DEADLINE_S

KEY = "local-" + "k3y" * 8
READING = frozenset({"GET"})
SHORT = Bounds(total_s=0.5, read_s=10.0, connect_s=10.0)
#: Where others are served meanwhile, who must not be late on a busy machine.
LONGER = Bounds(total_s=3.0, read_s=3.0)
LONG = Bounds(total_s=30.0, read_s=10.0)
#: 1.8 kB that are 2 GB after one turn of decoding too many.
NESTED_HEAD = "200 OK\r\nContent-Encoding: gzip, gzip"


@contextmanager
def client_of(url: str, bounds: Bounds = LONG, **headers: str) -> Iterator[HttpClient]:
    client = HttpClient(url, methods=READING, bounds=bounds, headers=headers)
    try:
        yield client
    finally:
        client.close()


def ask(script: Script, bounds: Bounds = LONG, max_bytes: int = 1 << 20) -> Answer:
    with raw_server(script) as server, client_of(server.url, bounds) as client:
        return client.exchange("GET", "/x", max_bytes=max_bytes)


def test_an_answer_is_status_headers_and_body() -> None:
    answer = ask(answering("404 Not Found\r\nX-One: 1", b"gone"))
    assert (answer.status, answer.body, answer.truncated) == (404, b"gone", False)
    assert answer.headers["x-one"] == "1"


def test_it_says_who_it_is_and_asks_for_one_encoding_only() -> None:
    with raw_server(answering("200 OK")) as server, client_of(server.url, accept="a/b") as client:
        client.exchange("GET", "/x?q=1", max_bytes=10, headers={"If-None-Match": "e"})
    (request,) = server.requests
    head = request.decode().lower()
    assert head.startswith("get /x?q=1 http/1.1\r\n")
    assert "\r\naccept-encoding: gzip\r\n" in head
    assert "\r\nuser-agent: scout/" in head
    assert "\r\naccept: a/b\r\n" in head
    assert "\r\nif-none-match: e\r\n" in head


def test_connections_are_kept_also_after_compressed_answers() -> None:
    accepted: set[int] = set()

    def script(connection: socket.socket, over: threading.Event) -> None:
        accepted.add(connection.getpeername()[1])
        answering("200 OK\r\nContent-Encoding: gzip", gzip.compress(b"text"))(connection, over)

    with raw_server(script) as server, client_of(server.url) as client:
        bodies = [client.exchange("GET", "/x", max_bytes=100).body for _ in range(5)]
    assert bodies == [b"text"] * 5
    assert len(accepted) == 1


@pytest.mark.parametrize(
    "script",
    [
        dripping(b"", b"x", 0.02),
        dripping(b"HTTP/1.1 200 OK\r\nX-Name: ", b"x", 0.02),
        dripping(b"HTTP/1.1 200 OK\r\n", b"X-More: 1\r\n", 0.02),
        dripping(b"", b"HTTP/1.1 102 Processing\r\n\r\n", 0.02),
        dripping(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 50, 0.0),
        dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n", b"x", 0.02),
        dripping(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n", 0.02),
        dripping(
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 9999999\r\n\r\n"
            + gzip.compress(b"a")[:10],
            b"\0\0\0\xff\xff",
            0.02,
        ),
    ],
    ids=["status", "header", "headers", "102", "103", "body", "chunks", "gzip"],
)
def test_whatever_drips_in_is_cut_off_at_the_deadline(script: Script) -> None:
    """Each byte comes long before the time for one read is over."""
    began_s = time.monotonic()
    with pytest.raises(DeadlineError, match=r"^0\.5 s$"):
        ask(script, SHORT)
    assert 0.4 < time.monotonic() - began_s < DEADLINE_S


def test_a_server_that_does_not_read_is_cut_off_too() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        client = HttpClient(url, methods=frozenset({"POST"}), bounds=SHORT, headers={})
        began_s = time.monotonic()
        with pytest.raises(DeadlineError):
            client.exchange("POST", "/x", json="x" * (32 << 20), max_bytes=10)
        assert time.monotonic() - began_s < DEADLINE_S
        client.close()


def test_after_a_deadline_the_next_exchange_has_all_its_time() -> None:
    slow = dripping(b"HTTP/1.1 200 OK\r\n", b"X: 1\r\n", 0.02)
    scripts = iter([slow, answering("200 OK", b"yes")])

    def script(connection: socket.socket, over: threading.Event) -> None:
        next(scripts)(connection, over)

    with raw_server(script) as server, client_of(server.url, LONGER) as client:
        with pytest.raises(DeadlineError):
            client.exchange("GET", "/x", max_bytes=10)
        assert client.exchange("GET", "/x", max_bytes=10).body == b"yes"


def test_silence_is_told_from_dripping() -> None:
    silent = Bounds(total_s=30.0, read_s=0.1)
    with pytest.raises(TooSlowError, match="ReadTimeout") as caught:
        ask(lambda connection, over: over.wait(30) and None, silent)
    assert not isinstance(caught.value, DeadlineError)


def test_each_thread_has_a_deadline_of_its_own() -> None:
    """One is cut off while another, which asks the same client, is served at once."""
    slow = dripping(b"HTTP/1.1 200 OK\r\n", b"X: 1\r\n", 0.02)

    def script(connection: socket.socket, over: threading.Event) -> None:
        (slow if b"/slow" in server.requests[-1] else answering("200 OK", b"yes"))(connection, over)

    failed: list[Exception] = []

    def be_slow() -> None:
        try:
            client.exchange("GET", "/slow", max_bytes=10)
        except DeadlineError as exc:
            failed.append(exc)

    with raw_server(script) as server, client_of(server.url, LONGER) as client:
        thread = threading.Thread(target=be_slow)
        thread.start()
        while not server.requests:
            time.sleep(0.005)
        while thread.is_alive():
            assert client.exchange("GET", "/x", max_bytes=10).body == b"yes"
            thread.join(0.02)
    assert len(failed) == 1


def test_a_body_is_cut_at_its_bound_and_said_to_be() -> None:
    answer = ask(answering("200 OK", b"x" * 5000), max_bytes=100)
    assert (answer.body, answer.truncated) == (b"x" * 100, True)


def test_a_nested_bomb_costs_neither_memory_nor_time() -> None:
    """In a process of its own, whose peak of memory tells: 2 kB that would become 2 GB."""
    program = """
import gzip, resource, sys, time, zlib
from tests.support.raw_server import answering, raw_server
from tasks.sources.http.client import Bounds, ExchangeError, HttpClient
import httpx, httpcore
def squeeze(data):
    return gzip.compress(data, 9)
packer = zlib.compressobj(9, zlib.DEFLATED, 31)
inner = b"".join(packer.compress(bytes(1 << 20)) for _ in range(256)) + packer.flush()
bomb = squeeze(inner)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
began = time.process_time()
for encoding in ("gzip, gzip", "gzip", "br", "zstd"):
    body = bomb if "," in encoding else inner
    with raw_server(answering("200 OK\\r\\nContent-Encoding: " + encoding, body)) as server:
        client = HttpClient(
            server.url, methods=frozenset({"GET"}), bounds=Bounds(30, 30), headers={}
        )
        try:
            assert client.exchange("GET", "/x", max_bytes=1 << 20).truncated and encoding == "gzip"
        except ExchangeError as exc:
            assert "unasked" in str(exc) and encoding != "gzip", exc
        client.close()
grown_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
print(len(bomb), grown_kb, time.process_time() - began)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, env=os.environ
    )
    assert done.returncode == 0, done.stderr
    size, grown_kb, took_s = done.stdout.split()
    assert int(size) < 8_000
    assert int(grown_kb) < 32_000
    assert float(took_s) < 10.0


@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_that_has_no_body_may_name_an_encoding(status: int) -> None:
    def script(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(f"HTTP/1.1 {status} X\r\nContent-Encoding: gzip\r\n\r\n".encode())

    assert ask(script).status == status


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhalf",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"\0" * 99,
    ],
)
def test_half_an_answer_and_what_is_none_are_no_answer(sent: bytes) -> None:
    def script(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_RDWR)

    with pytest.raises(ExchangeError, match="ProtocolError"):
        ask(script)


def test_nobody_there_is_told_apart() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with client_of(url) as client, pytest.raises(NoConnectionError, match="ConnectError"):
            client.exchange("GET", "/x", max_bytes=10)


def test_what_cannot_be_asked_is_told_apart() -> None:
    with client_of("ftp://127.0.0.1/x") as client, pytest.raises(AddressError):
        client.exchange("GET", "/y", max_bytes=10)


class TestTheKey:
    """It goes to its server, encrypted, or nowhere."""

    @pytest.mark.parametrize("name", ["Authorization", "authorization"])
    def test_it_is_not_sent_unencrypted_to_another_machine(self, name: str) -> None:
        headers = {name: f"Bearer {KEY}"}
        with pytest.raises(ConfigError, match="give its key away") as caught:
            HttpClient("http://10.0.0.1/v1", methods=READING, bounds=LONG, headers=headers)
        assert KEY not in str(caught.value)

    def test_neither_is_a_password(self) -> None:
        url = "http://someone:pass-word@10.0.0.1/v1"
        with pytest.raises(ConfigError, match="give its key away") as caught:
            HttpClient(url, methods=READING, bounds=LONG, headers={})
        assert "pass-word" not in str(caught.value)

    def test_a_password_in_the_address_is_sent_as_such(self) -> None:
        with raw_server(answering("200 OK")) as server:
            url = server.url.replace("//", "//some%40one:pass@") + "/v1"
            with client_of(url) as client:
                client.exchange("GET", "/x", max_bytes=10)
        assert b"authorization: basic c29tzubvbmu6cgfzcw==" in server.requests[0].lower()
        assert b"GET /v1/x " in server.requests[0]

    @pytest.mark.parametrize("method", ["POST", "PUT", "HEAD"])
    def test_other_methods_are_refused_before_a_connection(self, method: str) -> None:
        refused = pytest.raises(PermanentError, match=f"refused to send {method}")
        with client_of("http://127.0.0.1:9") as client, refused:
            client.exchange(method, "/x", max_bytes=10)

    def test_other_servers_are_refused_before_a_connection(self) -> None:
        with client_of("http://127.0.0.1:9/v1", authorization=KEY) as client:
            for url in (
                "http://127.0.0.1:9/x",
                "http://127.0.0.1:10/v1/x",
                "https://127.0.0.1:9/v1/x",
            ):
                with pytest.raises(PermanentError, match="refused to send GET"):
                    client.exchange("GET", url, max_bytes=10)

    def test_a_redirect_is_an_answer(self) -> None:
        script = answering("302 Found\r\nLocation: http://127.0.0.1:9/")
        with raw_server(script) as server, client_of(server.url, authorization=KEY) as client:
            assert client.exchange("GET", "/x", max_bytes=10).status == 302


class TestProxies:
    """Those of the environment, but not for this machine."""

    def test_loopback_is_asked_directly(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, "http://127.0.0.1:9")
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        assert ask(answering("200 OK", b"yes")).body == b"yes"

    def test_another_machine_is_asked_through_the_proxy_within_the_deadline(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        slow = dripping(b"HTTP/1.1 200 OK\r\n", b"X: 1\r\n", 0.02)
        for name in ("NO_PROXY", "no_proxy", "http_proxy", "HTTP_PROXY"):
            monkeypatch.delenv(name, raising=False)
        with raw_server(slow) as proxy:
            monkeypatch.setenv("http_proxy", proxy.url)
            cut_off = pytest.raises(DeadlineError)
            with client_of("http://somewhere.test/v1", SHORT) as client, cut_off:
                client.exchange("GET", "/x", max_bytes=10)
        assert b"GET http://somewhere.test/v1/x " in proxy.requests[0]

    def test_one_that_cannot_be_used_is_named_without_its_password(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.setenv("https_proxy", "gopher://me:pass-word@proxy.example:1")
        with pytest.raises(ConfigError, match="proxy") as caught:
            HttpClient("https://api.example", methods=READING, bounds=LONG, headers={})
        assert "pass-word" not in str(caught.value)
