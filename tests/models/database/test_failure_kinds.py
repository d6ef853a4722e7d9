"""Trouble with a database is told by numbers and SQLSTATEs, as the drivers give them."""

from __future__ import annotations

import resource
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import peewee
import psycopg
import pytest

from models.codes import Code
from models.database.connection import Database
from models.database.failure_kinds import database_code, may_pass, unavailable
from models.error_codes import code_of
from models.errors import DatabaseUnavailableError
from models.events import Event
from models.lifecycle import log_audit
from tests.support.databases import sqlite_error
from tests.support.runs import audits, new_run


def raised(work: Callable[[], object]) -> Exception:
    """Return what Peewee raises."""
    with pytest.raises(peewee.PeeweeException) as caught:
        work()
    return caught.value


def test_what_sqlite_raises(tmp_path: Path) -> None:
    file = tmp_path / "scout.db"
    one = peewee.SqliteDatabase(str(file), timeout=0)
    one.execute_sql("CREATE TABLE t (a)")
    missing = raised(lambda: one.execute_sql("SELECT * FROM no_such_table"))
    with closing(sqlite3.connect(file)) as other:
        other.execute("BEGIN EXCLUSIVE")
        locked = raised(lambda: one.execute_sql("INSERT INTO t VALUES (1)"))
    one.close()
    read_only = peewee.SqliteDatabase(f"file:{file}?mode=ro", uri=True)
    unwritable = raised(lambda: read_only.execute_sql("INSERT INTO t VALUES (1)"))
    read_only.close()
    (tmp_path / "text").write_text("no database, " * 1_000)
    no_database = peewee.SqliteDatabase(str(tmp_path / "text"))
    other_file = raised(lambda: no_database.execute_sql("SELECT * FROM t"))
    no_database.close()
    found = [database_code(exc) for exc in (missing, locked, unwritable, other_file)]
    assert found == [
        Code.DATABASE_OUTDATED,
        Code.DATABASE_LOCKED,
        Code.DATABASE_UNWRITABLE,
        Code.DATABASE_UNAVAILABLE,
    ]
    assert [may_pass(exc) for exc in (missing, locked, unwritable, other_file)] == [
        False, True, False, False,
    ]  # fmt: skip
    assert "Move the file away" in unavailable("x", other_file).hint
    assert unavailable("x", locked).code is Code.DATABASE_LOCKED


def test_what_both_raise_for_a_table_that_is_missing(database: Database) -> None:
    exc = raised(lambda: database.execute("SELECT * FROM no_such_table"))
    assert code_of(exc) is Code.DATABASE_OUTDATED
    assert not may_pass(exc)


def test_what_both_raise_for_a_stored_text_that_is_no_json(database: Database) -> None:
    query = "SELECT json_extract(?, '$.a')" if database.is_sqlite else "SELECT CAST(? AS json)"
    exc = raised(lambda: database.execute(query, ("{",)))
    assert code_of(exc) is Code.DATABASE_DAMAGED
    assert not may_pass(exc)
    assert "scout doctor --reconcile" in unavailable("x", exc).hint


@pytest.mark.parametrize(
    ("words", "passes"),
    [("query_wait_timeout", True), ("transaction blocks not allowed in statement pooling", False)],
)
def test_what_a_pooler_says_passes_unless_it_is_by_statement(words: str, passes: bool) -> None:
    error = peewee.OperationalError(words)
    error.__cause__ = psycopg.errors.ProtocolViolation(words)
    assert may_pass(error) is passes
    assert "pool_mode" in unavailable("x", error).hint


def test_its_words_decide_nothing() -> None:
    """The numbers do, also those of extended result codes, whatever language the words are in."""
    full = sqlite_error(sqlite3.SQLITE_FULL, "Die Datenbank ist voll")
    snapshot = sqlite_error(sqlite3.SQLITE_BUSY_SNAPSHOT, "ya esta en uso")
    ioerr = sqlite_error(sqlite3.SQLITE_IOERR, "database is locked")
    torn = sqlite_error(sqlite3.SQLITE_CORRUPT | (1 << 8), "die Tabelle ist entzwei")
    found = [(database_code(exc), may_pass(exc)) for exc in (full, snapshot, torn, ioerr)]
    assert found == [
        (Code.DISK_FULL, False),
        (Code.DATABASE_LOCKED, True),
        (Code.DATABASE_DAMAGED, False),
        (Code.DATABASE_UNAVAILABLE, False),
    ]


def test_where_no_more_files_can_be_opened_the_folder_is_not_to_blame() -> None:
    exc = sqlite_error(sqlite3.SQLITE_CANTOPEN, "unable to open database file")
    assert "folder" in unavailable("x", exc).hint
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, limits[1]))
    try:
        hint = unavailable("x", exc).hint
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert "ulimit -n" in hint


def test_a_limit_on_the_size_of_a_file_is_a_full_disk(sqlite_database: Database) -> None:
    """So is a quota: SQLite gives both the number of an error of the disk."""
    run_id = new_run()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    try:
        with pytest.raises(DatabaseUnavailableError) as failure:
            log_audit(event=Event.EXPORT_WRITTEN, message="x", scope="test", run_id=run_id)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert failure.value.code is Code.DISK_FULL
    assert "ulimit -f" in failure.value.hint
    assert audits(run_id, "export.written") == []
