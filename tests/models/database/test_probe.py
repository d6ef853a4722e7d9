"""A probe says whether a worker could write now, and writes nothing itself."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from types import SimpleNamespace

import peewee
import pytest
from msgspec.structs import replace

from models.codes import Code
from models.database import probe as probe_module
from models.database.connection import Database
from models.database.migrate import open_database
from models.database.probe import probe_database
from models.settings.runtime import load_settings
from tests.support.runs import everything, new_run
from tests.support.servers import Postgres


def test_a_database_that_can_be_written_is_not_written(database: Database) -> None:
    new_run()
    before = everything(database)
    found = probe_database(load_settings())
    assert (found.writable, found.error) == (True, "")
    assert abs(found.clock_ahead_s) < 1.0
    assert (found.free_bytes is None) is not database.is_sqlite
    assert everything(database) == before


def test_a_lock_that_is_held_for_long_is_told(sqlite_database: Database) -> None:
    settings = replace(load_settings(), database_wait_s=0.05)
    with closing(sqlite3.connect(str(sqlite_database.path))) as other:
        other.execute("BEGIN IMMEDIATE")
        assert probe_database(settings).code is Code.DATABASE_LOCKED
    assert probe_database(settings).writable


def test_a_file_that_may_only_be_read_is_told(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Root may write any file, so SQLite is told to open this one for reading."""

    def read_only(settings: object) -> Database:
        path = sqlite_database.path
        opened = peewee.SqliteDatabase(f"file:{path}?mode=ro", uri=True)
        return Database(opened, "the label")

    monkeypatch.setattr(probe_module, "connect", read_only)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=7))
    found = probe_database(load_settings())
    assert (found.code, found.free_bytes) == (Code.DATABASE_UNWRITABLE, 7)
    assert "Make the file and its folder writable" in found.hint


@pytest.mark.postgres
def test_a_server_that_only_lets_read_is_told(
    migrated_postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGOPTIONS", "-c default_transaction_read_only=on")
    monkeypatch.setenv("SCOUT_DATABASE_URL", migrated_postgres_url)
    assert probe_database(load_settings()).code is Code.DATABASE_UNWRITABLE


def test_a_table_that_somebody_removed_is_named(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCOUT_DATABASE_URL", empty_database_url)
    database = open_database(load_settings())
    database.execute("DROP TABLE brief_marks")
    database.close_thread()
    found = probe_database(load_settings())
    assert found.code is Code.DATABASE_DAMAGED
    assert "lacks tables that were made once: brief_marks." in found.error


def test_a_page_that_the_disk_lost_is_told(sqlite_database: Database) -> None:
    sql = "SELECT rootpage FROM sqlite_master WHERE name = 'run_steps'"
    (page,) = sqlite_database.execute(sql).fetchone()
    sqlite_database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    sqlite_database.close_thread()
    assert sqlite_database.path is not None
    whole = sqlite_database.path.read_bytes()
    begin, end = (page - 1) * 4096, page * 4096
    sqlite_database.path.write_bytes(whole[:begin] + b"\xff" * 4096 + whole[end:])
    found = probe_database(load_settings())
    sqlite_database.path.write_bytes(whole)
    assert (found.code, found.writable) == (Code.DATABASE_DAMAGED, False)
    assert f"Page {page}" in found.error


@pytest.mark.postgres
def test_the_rights_that_a_role_lacks_are_named(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = postgres.create_database("scout_lacking")
    monkeypatch.setenv("SCOUT_DATABASE_URL", url)
    owner = open_database(load_settings())
    every = "ON ALL {} IN SCHEMA public TO scout_worker"
    for sql in (
        "CREATE ROLE scout_worker LOGIN",
        f"GRANT SELECT, INSERT, UPDATE, DELETE {every.format('TABLES')}",
        f"GRANT USAGE {every.format('SEQUENCES')}",
        "REVOKE INSERT ON audit_log FROM scout_worker",
        "REVOKE USAGE ON SEQUENCE seal_requests_id_seq FROM scout_worker",
    ):
        owner.execute(sql)
    monkeypatch.setenv("SCOUT_DATABASE_URL", f"{url}&user=scout_worker")
    found = probe_database(load_settings())
    assert found.code is Code.DATABASE_UNWRITABLE
    assert "its role lacks INSERT on audit_log, USAGE on seal_requests_id_seq." in found.error
    owner.execute("GRANT INSERT ON audit_log TO scout_worker")
    owner.execute(f"GRANT USAGE {every.format('SEQUENCES')}")
    assert probe_database(load_settings()).writable
    owner.close_thread()
