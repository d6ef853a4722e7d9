"""A SQLite file that is deleted or replaced under a live process is noticed at the next write."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from models.dao import RunsDao
from models.database.connection import Database
from models.errors import DatabaseUnavailableError
from tests.support.logs import Logs
from tests.support.runs import new_run, run_of


def test_a_file_that_is_gone_is_told_and_none_is_made(sqlite_database: Database) -> None:
    new_run()
    assert sqlite_database.path is not None
    away = sqlite_database.path.rename(sqlite_database.path.with_name("away.db"))
    for _ in range(2):
        with pytest.raises(DatabaseUnavailableError, match="deleted or moved away") as caught:
            new_run()
        assert "Put it back" in caught.value.hint
    with ThreadPoolExecutor(1) as another, pytest.raises(DatabaseUnavailableError, match="deleted"):
        another.submit(lambda: sqlite_database.execute("SELECT 1")).result()
    assert not sqlite_database.path.exists()
    away.rename(sqlite_database.path)
    assert run_of(new_run()).status == "queued"


def test_a_file_that_was_emptied_is_told(sqlite_database: Database) -> None:
    new_run()
    assert sqlite_database.path is not None
    sqlite_database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    whole = sqlite_database.path.read_bytes()
    sqlite_database.path.write_bytes(b"")
    with pytest.raises(DatabaseUnavailableError, match="or emptied"):
        new_run()
    sqlite_database.path.write_bytes(whole)


def test_a_log_that_was_deleted_is_told_and_nothing_is_lost(sqlite_database: Database) -> None:
    run_id = new_run()
    assert sqlite_database.path is not None
    sqlite_database.path.with_name("scout.db-wal").unlink()
    for _ in range(2):
        with pytest.raises(DatabaseUnavailableError, match=r"write-ahead log \(-wal\)") as caught:
            new_run()
        assert "the last one to end writes back" in caught.value.hint
    sqlite_database.close_thread()
    assert RunsDao.exists(run_id)
    new_run()


def test_a_file_that_was_replaced_is_told_and_used(
    sqlite_database: Database, migrated_sqlite_file: Path
) -> None:
    logs = Logs()
    logs.configure()
    before = new_run()
    assert sqlite_database.path is not None
    for path in sqlite_database.path.parent.glob("scout.db-*"):
        path.unlink()
    fresh = shutil.copy(migrated_sqlite_file, sqlite_database.path.with_name("fresh.db"))
    fresh.replace(sqlite_database.path)
    after = new_run()
    assert not RunsDao.exists(before)
    assert run_of(after).status == "queued"
    (line,) = [line for line in logs.lines if line["event"] == "database.replaced"]
    assert line["level"] == "ERROR"
