"""A disk that gets full in the middle of a run ends the command in seconds, and nothing is lost."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import peewee
import pytest

from models.database import drivers
from models.database.connection import Database
from tasks.export import writing
from tests.support.cli import Scout
from tests.support.scout_process import only_run
from workers import dead_holders

ARGS = ("run", "--dry", "--query", "x", "--top", "10")


@pytest.fixture
def scout(sqlite_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scout:
    """Return the command line in a folder of the test's own."""
    monkeypatch.chdir(tmp_path)
    return Scout()


def fill(monkeypatch: pytest.MonkeyPatch, pages: int) -> None:
    """Let SQLite's files have no more than so many pages, as on a disk with no more room."""
    real = drivers._sqlite

    def full(path: str, busy_timeout_s: float) -> Any:
        database: peewee.SqliteDatabase = real(path, busy_timeout_s)
        database._pragmas.append(("max_page_count", pages))
        return database

    monkeypatch.setattr(drivers, "_sqlite", full)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=0))


@pytest.fixture
def _ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the process of the command that failed have ended, though it is the test's."""

    def gone(pid: int, number: int) -> None:
        raise ProcessLookupError

    monkeypatch.setattr(dead_holders, "os", SimpleNamespace(kill=gone))


@pytest.mark.parametrize("room", [1, 60])
@pytest.mark.usefixtures("_ended")
def test_a_run_of_a_command_stops_and_can_be_resumed(
    scout: Scout, sqlite_database: Database, monkeypatch: pytest.MonkeyPatch, room: int
) -> None:
    (pages,) = sqlite_database.execute("PRAGMA page_count").fetchone()
    with monkeypatch.context() as patch:
        fill(patch, pages + room)
        failed = scout(*ARGS)
        assert failed.exit_code == 3
        assert "disk is full" in failed.output
        assert scout("doctor").exit_code == 3
        if "scout resume" not in failed.output:
            return  # there is no run
        run_id = only_run()
        assert f"scout resume {run_id}" in failed.output
        assert "The disk of the database is full" in scout("explain", run_id).output
    assert scout("resume", run_id).exit_code == 0


def test_an_export_that_finds_no_room_is_put_off(
    scout: Scout, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:

        def full(*_: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        patch.setattr(writing, "_write_files", full)
        failed = scout(*ARGS)
    assert failed.exit_code == 3, failed.output
    assert "The disk is full" in failed.output
    run_id = only_run()
    assert scout.json("show", run_id)["run"]["status"] == "running"
    assert "the disk is full" in scout("explain", run_id).output
    assert scout("resume", run_id).exit_code == 0
