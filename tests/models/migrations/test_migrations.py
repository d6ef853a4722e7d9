"""The migrations lead from nothing to exactly the schema that the tables declare."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from models.database import connection as db
from models.database import migrate, whole_schema
from models.database.connection import Database
from models.database.drivers import connect
from models.database.migrate import (
    MIGRATIONS_DIR,
    SchemaStatus,
    apply_pending,
    migrate_database,
    open_database,
    schema_status,
)
from models.database.migration_history import TABLE
from models.database.whole_schema import make_whole
from models.errors import DatabaseUnavailableError, ExitCode
from models.settings.runtime import load_settings
from models.steps import STEP_NAMES
from models.tables.every import TABLES
from models.tables.results import Analysis
from tests.support.databases import locked_error
from tests.support.processes import finished, start_python
from tests.support.runs import new_run, statuses

NAMES = tuple(sorted(path.stem for path in MIGRATIONS_DIR.glob("[0-9]*.py")))


@pytest.fixture
def empty(empty_database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """Connect to a database without tables."""
    monkeypatch.setenv("SCOUT_DATABASE_URL", empty_database_url)
    database = connect(load_settings())
    yield database
    database.close_thread()


def schema_of(database: Database) -> dict[str, Any]:
    """Return columns, indexes and foreign keys by table."""
    peewee = database.peewee
    return {
        table: {
            "columns": [
                (column.name, column.data_type.lower(), column.null, column.primary_key)
                for column in peewee.get_columns(table)
            ],
            "indexes": sorted(
                (index.name, tuple(index.columns), index.unique)
                for index in peewee.get_indexes(table)
            ),
            "foreign keys": sorted(
                (key.column, key.dest_table, key.dest_column)
                for key in peewee.get_foreign_keys(table)
            ),
        }
        for table in sorted(peewee.get_tables())
        if table != TABLE
    }


def test_the_migrations_make_the_declared_schema(
    empty: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with empty.peewee.bind_ctx(TABLES):
        empty.peewee.create_tables(TABLES)
        declared = schema_of(empty)
        empty.peewee.drop_tables(TABLES)
    assert schema_of(empty) == {}

    assert migrate_database(empty) == NAMES
    assert schema_of(empty) == declared
    assert sorted(declared) == sorted(table._meta.table_name for table in TABLES)


def test_a_new_sqlite_file_gets_what_the_migrations_make(
    empty: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with empty.peewee.atomic():
        names = apply_pending(empty)
    made, noted = schema_of(empty), schema_status(empty).applied
    assert noted == names == NAMES
    if not empty.is_sqlite:
        assert not make_whole(empty, NAMES)
        return

    kept = (MIGRATIONS_DIR / "sqlite_schema.sql").read_text()
    assert whole_schema.whole_schema(empty, NAMES) == kept, "write it anew: python docs/tables.py"
    for name in empty.peewee.get_tables():
        empty.execute(f"DROP TABLE {name}")
    assert not make_whole(empty, (*NAMES, "9999_later")), "it is not for other migrations"
    assert empty.peewee.get_tables() == []
    assert migrate_database(empty) == NAMES
    assert (schema_of(empty), schema_status(empty).applied) == (made, noted)


def test_migrating_twice_does_nothing(empty: Database) -> None:
    assert schema_status(empty).pending == NAMES
    migrate_database(empty)

    assert migrate_database(empty) == ()
    status = schema_status(empty)
    assert (status.applied, status.pending, status.unknown) == (NAMES, (), ())


def test_a_migration_that_fails_leaves_nothing_behind(
    empty: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("broken migration")

    with monkeypatch.context() as patched:
        patched.setattr(type(empty.peewee), "create_tables", broken)
        patched.setattr(whole_schema, "record", broken)
        with pytest.raises(RuntimeError):
            migrate_database(empty)

    assert empty.peewee.get_tables() == []
    assert migrate_database(empty) == NAMES


def test_foreign_keys_hold_after_a_migration(empty: Database) -> None:
    open_database(load_settings())
    database = db.database()
    run_id = new_run()
    database.execute("DELETE FROM runs WHERE run_id = ?", (run_id,))

    assert statuses(run_id) == []
    database.close_thread()


def test_a_table_that_a_migration_rebuilds_keeps_its_children(
    empty: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite alters little in place: Peewee copies the table, drops the old one, and renames."""
    open_database(load_settings())
    run_id = new_run()
    (tmp_path / "9999_rebuild.py").write_text(
        "def up(migrator, db):\n    migrator.migrate(migrator.drop_not_null('runs', 'command'))\n"
    )
    monkeypatch.setattr(migrate, "MIGRATIONS_DIR", tmp_path)

    assert migrate_database(db.database()) == ("9999_rebuild",)
    assert statuses(run_id) == ["pending"] * len(STEP_NAMES)
    db.database().close_thread()


def test_a_column_that_a_table_gets_later_may_be_left_out_by_older_workers(
    empty: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They work beside newer ones while an upgrade goes on, and insert what they know."""
    known, added = set[str](), set[tuple[str, str]]()
    monkeypatch.setattr(migrate, "MIGRATIONS_DIR", tmp_path)
    for name in NAMES:
        shutil.copy(MIGRATIONS_DIR / f"{name}.py", tmp_path)
        before = _columns(empty)
        migrate_database(empty)
        added |= {one for one in _columns(empty).keys() - before if one[0] in known}
        known |= {table for table, _ in _columns(empty)}
    assert ("github_queries", "taken_over") in added
    assert [one for one in sorted(added) if _columns(empty)[one]] == []


def _columns(database: Database) -> dict[tuple[str, str], bool]:
    """Return whether each column must be given in every insert."""
    peewee = database.peewee
    return {
        (table, column.name): not column.null and column.default is None
        for table in peewee.get_tables()
        for column in peewee.get_columns(table)
    }


def test_opening_can_leave_the_schema_as_it_is(empty: Database) -> None:
    database = open_database(load_settings(), migrate=False)

    assert schema_status(database).pending == NAMES
    database.close_thread()


def test_a_database_that_is_newer_than_the_code_is_refused(empty: Database) -> None:
    migrate_database(empty)
    empty.execute(
        f"INSERT INTO {TABLE} (name, applied) VALUES (?, ?)",
        ("9999_from_the_future", "2030-01-01 00:00:00"),
    )
    before = db._current

    with pytest.raises(DatabaseUnavailableError) as refusal:
        open_database(load_settings())

    assert "is newer than this Scout: it has the migration 9999_from_the_future" in str(
        refusal.value
    )
    assert "Upgrade Scout" in refusal.value.hint
    assert refusal.value.exit_code is ExitCode.DEPENDENCY
    assert db._current is before


def test_a_new_file_that_is_locked_for_a_moment_is_looked_at_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Turning on the write-ahead log says "locked" at once, whatever the busy timeout."""
    monkeypatch.setenv("SCOUT_DATABASE_URL", f"sqlite:///{tmp_path / 'scout.db'}")
    look, looks = schema_status, []

    def locked_at_first(database: Database) -> SchemaStatus:
        looks.append(1)
        if len(looks) == 1:
            raise locked_error()
        return look(database)

    monkeypatch.setattr("models.database.migrate.schema_status", locked_at_first)
    open_database(load_settings()).close_thread()
    assert len(looks) == 3  # the last one is under the lock


def test_several_processes_may_use_a_new_database_at_once(empty: Database) -> None:
    """Each waits at the start line, so that all of them find no table there."""
    code = (
        "import sys\n"
        "from models.lifecycle import create_run\n"
        "from models.database.migrate import open_database\n"
        "from models.settings.runtime import load_settings\n"
        "print('ready', flush=True)\n"
        "sys.stdin.readline()\n"
        "open_database(load_settings())\n"
        "create_run({'query': 'x'})\n"
    )
    processes = [start_python(code) for _ in range(5)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        finished(process)

    assert schema_status(empty).applied == NAMES
    assert empty.execute("SELECT count(*) FROM runs").fetchone() == (5,)
    assert empty.execute("SELECT count(*) FROM run_steps").fetchone() == (50,)


def test_an_analysis_that_nobody_was_asked_for_gets_its_status(empty: Database) -> None:
    """It was known by the words of its error alone."""
    open_database(load_settings())
    run_id = new_run()
    told = {
        "a/awaited": ("It has not been asked for again yet.", 1),
        "a/failed": ("The model did not answer.", 1),
        "a/quoting": ("It has not been asked for again yet.", None),
    }
    for name, (error, supersedes) in told.items():
        Analysis.create(
            run=run_id,
            full_name=name,
            status="failed",
            error=error,
            supersedes=supersedes,
            **dict.fromkeys(
                ("model", "prompt_id", "prompt_version", "input_hash", "scoring_policy"), "x"
            ),
            created_at="2026-03-01T12:00:00.000000Z",
        )
    empty.execute(f"DELETE FROM {TABLE} WHERE name = ?", ("0011_awaited_analyses",))

    assert migrate_database(db.database()) == ("0011_awaited_analyses",)
    sql = "SELECT full_name, status FROM analyses ORDER BY full_name"
    assert dict(db.database().execute(sql).fetchall()) == {
        "a/awaited": "awaited",
        "a/failed": "failed",
        "a/quoting": "failed",
    }
    db.database().close_thread()
