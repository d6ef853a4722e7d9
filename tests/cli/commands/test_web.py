"""`scout web` as a process: where it listens, what it refuses, and its end."""

from __future__ import annotations

import signal
import socket
from http.client import HTTPConnection
from importlib import util

import pytest

from models.database.connection import Database
from tests.support.cli import Scout
from tests.support.terminal import shown_on_terminal
from tests.support.web import served
from tests.support.worlds import new_run


def test_it_ends_at_once_with_streams_open(database: Database) -> None:
    run_id = new_run()
    with served() as server:
        assert server.address.startswith("http://127.0.0.1:")
        open_ones = []
        for path in ("/stream", f"/runs/{run_id}/stream"):
            connection = HTTPConnection("127.0.0.1", server.port, timeout=20)
            connection.request("GET", path)
            answer = connection.getresponse()
            assert answer.readline().startswith(b"retry:")
            open_ones.append((connection, answer))
        # Had they been cut off, for they would not end, it would say so.
        assert server.end(signal.SIGTERM) == (0, "Ctrl-C ends it.\n")
        for _, answer in open_ones:
            assert (b"\n" + answer.read()).endswith(b"\n\n"), "no event is torn"


def test_ctrl_c_ends_it_and_nothing_is_said(database: Database) -> None:
    with served() as server:
        assert server.end(signal.SIGINT) == (0, "Ctrl-C ends it.\n")


def test_a_port_that_is_taken_is_said(
    scout: Scout, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        result = scout("web", "--port", port)
        shown = shown_on_terminal(monkeypatch, 100, "web", "--port", port)
    assert f"error: Port {port} of 127.0.0.1 is taken by another program." in shown
    assert result.exit_code == 3
    assert f"Port {port} of 127.0.0.1 is taken by another program." in result.stderr
    assert "--port" in result.stderr.splitlines()[1]


@pytest.mark.no_database
def test_without_a_database_none_is_made(scout: Scout) -> None:
    result = scout("web", "--port", "0")
    assert result.exit_code == 3
    assert "There is no database yet in sqlite:///" in result.stderr
    assert "scout db migrate" in result.stderr
    assert "no database" in scout("web").stderr


def test_an_older_schema_is_not_shown(scout: Scout, database: Database) -> None:
    (history,) = [name for name in database.peewee.get_tables() if "migration" in name]
    database.execute(f"DELETE FROM {history} WHERE name = (SELECT max(name) FROM {history})")
    result = scout("web", "--port", "0")
    assert result.exit_code == 3
    assert "pending migrations" in result.stderr
    assert "scout db migrate" in result.stderr


def test_without_the_extra_the_command_that_adds_it_is_named(
    scout: Scout, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = util.find_spec
    monkeypatch.setattr(
        util, "find_spec", lambda name: None if name in {"starlette", "uvicorn"} else real(name)
    )
    result = scout("web", "--port", "0")
    assert result.exit_code == 3
    assert "starlette and uvicorn" in result.stderr
    assert "web" in result.stderr.splitlines()[1]


def test_elsewhere_somebody_must_be_asked_who_they_are(scout: Scout, database: Database) -> None:
    for host in ("0.0.0.0", "::", "192.0.2.1", "scout.example"):  # noqa: S104
        result = scout("web", "--host", host, "--port", "0")
        assert result.exit_code == 3
        assert f"{host} can be reached from elsewhere" in result.stderr
        assert "SCOUT_WEB_TOKEN" in result.stderr


def test_a_name_that_others_know_is_elsewhere(
    scout: Scout, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCOUT_WEB_HOSTS", "scout.example.org")
    result = scout("web", "--port", "0")
    assert result.exit_code == 3
    assert "scout.example.org can be reached from elsewhere" in result.stderr


def test_an_address_that_is_not_here_is_said(
    scout: Scout, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCOUT_WEB_TOKEN", "0123456789abcdef")
    assert "is no address of this machine" in scout("web", "--host", "192.0.2.1").stderr
    assert "is no name of this machine" in scout("web", "--host", "no.such.invalid").stderr
