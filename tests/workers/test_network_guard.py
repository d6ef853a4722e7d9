"""A dry run does not reach the network, however it tries, and the record says that it tried."""

from __future__ import annotations

import contextlib
import contextvars
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from dramatiq.middleware import Middleware
from msgspec.structs import replace

from models.database.connection import Database
from models.errors import NetworkBlockedError
from models.log_context import bound_work
from models.settings.runtime import load_settings
from tasks.step import StepContext
from tests.support.rig import FIRST, Rig
from tests.support.runs import audits, new_run, run_of, step_of
from workers import network_guard
from workers.enqueue import send_step
from workers.network_guard import install_network_guard


def connect() -> None:
    with socket.create_connection(("192.0.2.1", 443), timeout=5):
        pass


def connect_ipv6() -> None:
    with socket.socket(socket.AF_INET6) as sock:
        sock.connect(("2001:db8::1", 443))


def connect_unix() -> None:
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect("/run/somewhere.sock")


def connect_without_raising() -> None:
    with socket.socket() as sock:
        sock.connect_ex(("192.0.2.1", 443))


def send_datagram() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.sendto(b"x", ("192.0.2.1", 53))


def resolve() -> None:
    socket.getaddrinfo("api.github.com", 443)


def resolve_the_old_way() -> None:
    socket.gethostbyname("api.github.com")


def resolve_backwards() -> None:
    socket.gethostbyaddr("192.0.2.1")


def fetch() -> None:
    import urllib.request

    urllib.request.urlopen("http://192.0.2.1/", timeout=5)


def run_curl() -> None:
    subprocess.run(["curl", "http://192.0.2.1/"], check=False)


def run_a_shell() -> None:
    os.system("true")  # noqa: S605


def spawn() -> None:
    os.posix_spawn("/bin/true", ["true"], {})


def fork_and_forget() -> None:
    if os.fork() == 0:
        os._exit(0)


def start_past_the_audit_events() -> None:
    import _posixsubprocess
    from multiprocessing import util

    assert _posixsubprocess is not None
    util.spawnv_passfds(b"/bin/true", [b"true"], [])  # type: ignore[attr-defined]


def call_the_c_library() -> None:
    import ctypes

    ctypes.CDLL(None).socket(socket.AF_INET, socket.SOCK_STREAM, 0)


def connect_in_a_plain_thread() -> None:
    thread = threading.Thread(target=_quietly, args=(connect,))
    thread.start()
    thread.join()


def connect_in_a_thread_of_a_thread() -> None:
    thread = threading.Thread(target=connect_in_a_plain_thread)
    thread.start()
    thread.join()


ATTEMPTS: list[Callable[[], None]] = [
    connect, connect_ipv6, connect_unix, connect_without_raising, send_datagram, resolve,
    resolve_the_old_way, resolve_backwards, fetch, run_curl, run_a_shell, spawn, fork_and_forget,
    start_past_the_audit_events, call_the_c_library, connect_in_a_plain_thread,
    connect_in_a_thread_of_a_thread,
]  # fmt: skip


@pytest.fixture(params=ATTEMPTS, ids=lambda attempt: attempt.__name__)
def reach_out(request: pytest.FixtureRequest) -> Callable[[], None]:
    """Return each way out that a step may try."""
    attempt: Callable[[], None] = request.param
    return attempt


def run_dry(body: Callable[[StepContext], Any]) -> str:
    """Run a step of a dry run and return the run's id."""

    def step(context: StepContext) -> Mapping[str, Any]:
        body(context)
        return {}

    run_id = new_run(broker="memory")
    Rig({FIRST: step}).deliver(run_id, FIRST)
    return run_id


def assert_blocked(run_id: str) -> None:
    step, run = step_of(run_id, FIRST), run_of(run_id)
    assert (step.status, step.error_type) == ("failed", "NetworkBlockedError")
    assert run.status == "failed"
    assert run.stats["outbound_attempts"] >= 1
    assert len(audits(run_id, "network.blocked")) == run.stats["outbound_attempts"]


def test_a_step_that_reaches_out_fails_and_is_audited(
    sqlite_database: Database, reach_out: Callable[[], None]
) -> None:
    assert_blocked(run_dry(lambda _: reach_out()))


def test_the_record_says_what_it_tried_to_reach(database: Database) -> None:
    run_id = run_dry(lambda _: connect_without_raising())
    (row,) = audits(run_id, "network.blocked")
    assert (row.level, row.scope) == ("ERROR", FIRST)
    assert row.data["target"] == "192.0.2.1:443"
    assert "192.0.2.1:443" in (step_of(run_id, FIRST).error_message or "")


def test_credentials_in_a_target_are_masked(sqlite_database: Database) -> None:
    run_id = run_dry(lambda _: socket.getaddrinfo("https://bob:hunter2@example.org/", 443))
    (row,) = audits(run_id, "network.blocked")
    assert "hunter2" not in str(row)


def test_swallowing_the_error_does_not_help(
    sqlite_database: Database, reach_out: Callable[[], None]
) -> None:
    def swallow(_: StepContext) -> None:
        with contextlib.suppress(Exception):  # as careless as a library can be
            reach_out()

    assert_blocked(run_dry(swallow))


@pytest.mark.parametrize("handoff", ["thread", "broker"])
def test_what_is_done_around_a_step_is_not_the_step_s(
    sqlite_database: Database, handoff: str
) -> None:
    """A broker's client opens sockets of its own while a message is sent; so may middleware."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()
        connected: list[str] = []

        def connect_here(where: str) -> None:
            with socket.create_connection(address, timeout=5):
                connected.append(where)

        class Connecting(Middleware):
            def before_process_message(self, *_: Any) -> None:
                connect_here("before")

            def after_process_message(self, *_: Any, **__: Any) -> None:
                connect_here("after")

        def send(*args: Any, **how: Any) -> bool:
            connect_here("sent")
            return send_step(*args, **how)

        rig, run_id = Rig(send=send, handoff=handoff), new_run(broker="memory")
        rig.broker.add_middleware(Connecting())
        rig.deliver(run_id, FIRST)
        rig.run_chain()
    assert run_of(run_id).status == "success"
    assert run_of(run_id).stats["outbound_attempts"] == 0
    assert connected.count("before") == connected.count("after") == 10
    assert connected.count("sent") == {"thread": 0, "broker": 9}[handoff]


def test_a_thread_with_the_step_s_context_is_blocked_as_well(sqlite_database: Database) -> None:
    def in_thread(_: StepContext) -> None:
        context = contextvars.copy_context()
        thread = threading.Thread(target=lambda: context.run(_quietly, connect))
        thread.start()
        thread.join()

    assert_blocked(run_dry(in_thread))


def test_a_step_that_succeeds_in_hiding_it_until_a_retry_is_not_retried(
    sqlite_database: Database,
) -> None:
    """A blocked connection is no passing error, even when the body raises one."""

    def body(_: StepContext) -> None:
        _quietly(connect)
        raise TimeoutError("no answer")

    run_id = run_dry(body)
    assert_blocked(run_id)
    assert audits(run_id, "step.retrying") == []


def test_a_step_that_keeps_to_itself_records_no_attempts(sqlite_database: Database) -> None:
    run_id = new_run(broker="memory")
    rig = Rig()
    rig.deliver(run_id, FIRST)
    rig.run_chain()
    assert run_of(run_id).stats["outbound_attempts"] == 0


class TestWhatIsAllowed:
    """The broker, the database, and everything outside a dry run."""

    @pytest.fixture
    def listener(self) -> Iterator[tuple[str, int]]:
        """Listen on a port of this machine."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            yield server.getsockname()[:2]

    def test_a_live_context_is_not_blocked(
        self, sqlite_database: Database, listener: tuple[str, int]
    ) -> None:
        install_network_guard(load_settings())
        with bound_work("r", FIRST, 1, dry=False), socket.create_connection(listener):
            pass

    def test_the_same_in_a_dry_context_is_blocked(
        self, sqlite_database: Database, listener: tuple[str, int]
    ) -> None:
        install_network_guard(load_settings())
        with bound_work("r", FIRST, 1, dry=True), pytest.raises(NetworkBlockedError):
            socket.create_connection(listener)

    @pytest.mark.parametrize("setting", ["broker_url", "database_url"])
    def test_the_configured_servers_are_allowed_in_a_dry_context(
        self,
        monkeypatch: pytest.MonkeyPatch,
        listener: tuple[str, int],
        setting: str,
    ) -> None:
        monkeypatch.setattr(network_guard, "_allowed", set())
        scheme = {"broker_url": "redis", "database_url": "postgresql"}[setting]
        url = f"{scheme}://127.0.0.1:{listener[1]}/0"
        install_network_guard(replace(load_settings(), **{setting: url}))
        with bound_work("r", FIRST, 1, dry=True), socket.create_connection(listener):
            pass

    def test_a_broker_given_by_name_is_allowed_at_the_addresses_of_that_name(
        self, monkeypatch: pytest.MonkeyPatch, listener: tuple[str, int]
    ) -> None:
        """`redis://localhost` is connected to as 127.0.0.1."""
        monkeypatch.setattr(network_guard, "_allowed", set())
        url = f"redis://localhost:{listener[1]}/0"
        install_network_guard(replace(load_settings(), broker_url=url))
        address = ("localhost", listener[1])
        with bound_work("r", FIRST, 1, dry=True), socket.create_connection(address):
            pass

    def test_a_broker_behind_a_unix_socket_is_allowed(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setattr(network_guard, "_allowed", set())
        path = tmp_path / "redis.sock"
        install_network_guard(replace(load_settings(), broker_url=f"unix://{path}"))
        with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
            server.bind(str(path))
            server.listen()
            with bound_work("r", FIRST, 1, dry=True):
                client.connect(str(path))

    def test_a_dry_step_reads_and_writes_the_database(self, database: Database) -> None:
        """Also over a connection that it opens itself, as after an outage."""

        def body(context: StepContext) -> None:
            database.close_thread()
            context.record.save(lambda: database.execute("SELECT 1"))

        if not database.is_sqlite:
            pytest.importorskip("psycopg")
        run_id = new_run(broker="memory")

        def step(context: StepContext) -> Mapping[str, Any]:
            body(context)
            return {}

        Rig({FIRST: step}).deliver(run_id, FIRST)
        assert step_of(run_id, FIRST).status == "success"


def test_a_process_that_a_dry_step_left_behind_cannot_exist(sqlite_database: Database) -> None:
    """Python's own process pool counts as a way out, too."""

    def body(_: StepContext) -> None:
        subprocess.Popen([sys.executable, "-c", "pass"])

    assert_blocked(run_dry(body))


def _quietly(work: Callable[[], None]) -> None:
    with contextlib.suppress(Exception):  # the test is about what is recorded
        work()
