"""`scout db` shows the schema and brings it up to date."""

from __future__ import annotations

import errno
import json
import re
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from cli.running.execution import user_name
from models.database.connection import Database
from tests.support.cli import Scout
from tests.support.runs import new_run
from tests.support.scout_process import rows


@pytest.mark.no_database
def test_status_of_a_database_that_is_not_there_creates_none(scout: Scout, tmp_path: Path) -> None:
    result = scout("db", "status")
    assert result.exit_code == 0
    assert "not created yet" in result.stdout
    assert scout.json("db", "status")["created"] is False
    assert list(tmp_path.iterdir()) == []


@pytest.mark.no_database
def test_migrate_creates_a_private_file_and_is_done_the_second_time(
    scout: Scout, tmp_path: Path
) -> None:
    assert scout.json("db", "migrate")["applied"][0] == "0001_initial"
    assert stat.S_IMODE((tmp_path / "scout.db").stat().st_mode) == 0o600
    assert scout.json("db", "migrate")["applied"] == []
    ((level, run_id, message, data),) = rows(
        "SELECT level, run_id, message, data_json FROM audit_log WHERE event = 'db.migrated'"
    )
    assert (level, run_id) == ("INFO", None)
    assert message.startswith(f"{user_name()} brought the schema up to date: 0001_initial, ")
    assert json.loads(data)["who"] == user_name()
    assert rows("SELECT run_id FROM seal_requests") == [(None,)]
    data = scout.json("db", "status")
    assert "0001_initial" in data["applied"]
    assert data["pending"] == []
    assert scout("db", "status").stdout.endswith("Up to date.\n")


@pytest.mark.no_database
def test_status_lists_what_is_pending_without_applying_it(scout: Scout, tmp_path: Path) -> None:
    (tmp_path / "scout.db").touch()
    result = scout("db", "status")
    assert result.exit_code == 0
    assert "pending  0001_initial" in result.stdout
    assert "scout db migrate" in result.stdout
    assert (tmp_path / "scout.db").stat().st_size == 0


@pytest.mark.no_database
def test_migrate_changes_an_old_database_that_status_found(scout: Scout, tmp_path: Path) -> None:
    (tmp_path / "scout.db").touch()
    assert scout("db", "migrate").stdout.startswith("applied  0001_initial\n")


def test_an_unusable_url_is_told(scout: Scout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCOUT_DATABASE_URL", "mysql://host/x")
    result = scout("db", "status")
    assert result.exit_code == 3
    assert "unknown scheme" in result.stderr


def test_db_alone_shows_its_help(scout: Scout) -> None:
    result = scout("db")
    assert result.exit_code == 2
    assert "status" in result.output
    assert "migrate" in result.output


def test_a_backup_is_whole_private_and_said(
    scout: Scout, database: Database, tmp_path: Path
) -> None:
    run_id = new_run()
    target = tmp_path / "copy.db"
    found = scout.json("db", "backup", str(target))
    assert (found["path"], found["bytes"]) == (str(target), target.stat().st_size)
    assert found["duration_ms"] >= 0
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert not list(tmp_path.glob("copy.db?*")), "one file, and nothing beside it"
    with closing(sqlite3.connect(target)) as copy:
        assert copy.execute("SELECT run_id FROM runs").fetchall() == [(run_id,)]
        assert copy.execute("SELECT count(*) FROM run_steps").fetchone() == (10,)
    (data,) = rows("SELECT data_json FROM audit_log WHERE event = 'db.backed_up'")[0]
    size = target.stat().st_size
    assert json.loads(data) == {"who": user_name(), "bytes": size, "path": str(target)}


def test_a_backup_while_somebody_writes_has_what_was_committed(
    scout: Scout, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.running.recorded.record_command", lambda *_, **__: None)
    new_run()
    with database.write():
        database.execute("DELETE FROM runs")
        result = scout("db", "backup", str(tmp_path / "copy.db"))
    assert result.exit_code == 0
    assert re.search(r"[kM]B in \d", result.stderr)
    with closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        assert copy.execute("SELECT count(*) FROM runs").fetchone() == (1,)


def test_a_backup_overwrites_nothing(scout: Scout, database: Database, tmp_path: Path) -> None:
    target = tmp_path / "copy.db"
    target.write_text("mine")
    result = scout("db", "backup", str(target))
    assert result.exit_code == 2
    assert "is there already" in result.stderr
    assert target.read_text() == "mine"
    assert scout("db", "backup", str(tmp_path / "no" / "copy.db")).exit_code == 2


def test_a_backup_that_fails_leaves_nothing(
    scout: Scout, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("models.database.backup.os.fsync", full)
    before = sorted(tmp_path.glob("*.db"))
    assert scout("db", "backup", str(tmp_path / "copy.db")).exit_code == 3
    assert sorted(tmp_path.glob("*.db")) == before
    assert not list(tmp_path.glob("copy*"))


@pytest.mark.no_database
def test_a_backup_of_nothing_or_of_a_server_is_refused(
    scout: Scout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = scout("db", "backup", str(tmp_path / "copy.db"))
    assert (result.exit_code, list(tmp_path.iterdir())) == (2, [])
    assert "not created yet" in result.stderr
    monkeypatch.setenv("SCOUT_DATABASE_URL", "postgresql://localhost/nobody")
    result = scout("db", "backup", str(tmp_path / "copy.db"))
    assert result.exit_code == 2
    assert "pg_dump" in result.stderr


def test_commands_that_only_read_leave_the_schema_of_an_older_scout_alone(
    scout: Scout, opened: Database, parent: str, tmp_path: Path
) -> None:
    """Its workers would not start again; the first command that writes brings it up to date."""
    newest = "(SELECT max(name) FROM scout_migrations)"
    ((lacking,),) = rows(f"SELECT name FROM scout_migrations WHERE name = {newest}")
    opened.execute(f"DELETE FROM scout_migrations WHERE name = {newest}")
    for command in (
        ("runs",),
        ("show",),
        ("show", "--html", str(tmp_path / "run.html")),
        ("watch",),
        ("logs",),
        ("explain",),
        ("stats",),
        ("workers",),
        ("briefs", "list", parent),
        ("audit", "verify"),
        ("doctor", "--reconcile"),
        ("diff", parent, parent),
        ("replay",),
        ("top", "--once"),
        ("health",),
    ):
        assert scout(*command).exit_code in {0, 1}, command
        assert scout.json("db", "status")["pending"] == [lacking], command
