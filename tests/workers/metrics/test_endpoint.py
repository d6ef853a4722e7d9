"""The address that Prometheus reads: for this machine unless told, and for nothing else."""

from __future__ import annotations

import socket
import urllib.error
import urllib.request

import pytest

from models.database.connection import Database
from models.errors import ConfigError, InputError
from models.views.gauges import Gauge
from workers.metrics.endpoint import parse_address, serving
from workers.metrics.exposition import registry_of


def ask(url: str, **headers: str) -> tuple[int, str]:
    try:
        request = urllib.request.Request(url, headers=headers)  # noqa: S310 - our own
        with urllib.request.urlopen(request) as answer:  # noqa: S310
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as exc:
        return exc.code, exc.read().decode()


def test_it_answers_on_one_path_and_to_names_of_this_machine(sqlite_database: Database) -> None:
    registry = registry_of(lambda: [Gauge.of("scout_x", "X.", 7.0)])
    with serving(registry, "127.0.0.1", 0) as url:
        status, text = ask(url)
        assert (status, "scout_x 7.0" in text) == (200, True)
        assert ask(url, Host="localhost:1")[0] == 200
        assert ask(url, Host="evil.example")[0] == 403
        assert ask(url, Host="127.0.0.1.evil.example")[0] == 403
        assert ask(url.replace("/metrics", "/other"))[0] == 404
        _, openmetrics = ask(url, Accept="application/openmetrics-text; version=1.0.0")
        assert openmetrics.endswith("# EOF\n")


def test_an_address_that_is_taken_is_refused(sqlite_database: Database) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with (
            pytest.raises(ConfigError, match=str(port)),
            serving(registry_of(list), "127.0.0.1", port),
        ):
            pass


def test_addresses() -> None:
    assert parse_address("9464") == parse_address(":9464") == ("127.0.0.1", 9464)
    assert parse_address("10.0.0.7:80") == ("10.0.0.7", 80)
    assert parse_address("[::1]:80") == ("::1", 80)
    for wrong in ("", "host", "host:", "1.2.3.4:99999", "a b:1", "x:-1"):
        with pytest.raises(InputError):
            parse_address(wrong)
