"""What a person sees of a database that a command waits for, who asked for no log lines."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from models.dao.workers import WorkersDao
from models.database import connection, drivers
from models.database.connection import Database
from models.database.connection import database as current
from tests.support.cli import Scout
from tests.support.runs import new_run
from workers.middleware import process_loops

pytestmark = pytest.mark.usefixtures("sqlite_database")


@pytest.fixture
def locked(sqlite_database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Have another program hold the database, and yield a run in it."""
    run_id = new_run()
    sqlite_database.close_thread()
    monkeypatch.setenv("SCOUT_DATABASE_WAIT_S", "0.3")
    monkeypatch.setattr(connection, "LONG_WAIT_S", 0.0)
    monkeypatch.setattr(drivers, "BUSY_TIMEOUT_S", 0.05)
    with closing(sqlite3.connect(str(sqlite_database.path), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield run_id


@pytest.mark.parametrize("more", [[], ["--quiet"], ["--log-level", "WARNING"]])
def test_it_is_said(locked: str, monkeypatch: pytest.MonkeyPatch, more: list[str]) -> None:
    result = Scout()("run", "--dry", "--query", "x", "--log-format", "text", *more)
    assert result.exit_code == 3
    told = "database is locked. It is asked again for up to 0 s." in " ".join(result.stderr.split())
    assert told == ("--quiet" not in more)
    assert result.stderr.splitlines()[-2].startswith("error: Database sqlite:///")


def test_so_does_a_command_that_keeps_lines_from_the_screen(locked: str) -> None:
    result = Scout()("cancel", locked)
    assert result.exit_code == 3
    assert "It is asked again for up to 0 s." in result.stderr


def test_the_end_of_a_process_waits_for_little(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who has waited for the database in vain does not do so again for each goodbye."""
    waits = []
    monkeypatch.setattr(WorkersDao, "remove", lambda _: waits.append(current().wait_s))
    assert Scout()("run", "--dry", "--query", "x", "--top", "10").exit_code == 0
    assert waits == [process_loops._GOODBYE_S]
    assert current().wait_s > process_loops._GOODBYE_S
