"""`scout db` shows the schema and brings it up to date."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from tests.support.cli import Scout


def test_status_of_a_database_that_is_not_there_creates_none(scout: Scout, tmp_path: Path) -> None:
    result = scout("db", "status")
    assert result.exit_code == 0
    assert "not created yet" in result.stdout
    assert scout.json("db", "status")["created"] is False
    assert list(tmp_path.iterdir()) == []


def test_migrate_creates_a_private_file_and_is_done_the_second_time(
    scout: Scout, tmp_path: Path
) -> None:
    assert scout.json("db", "migrate")["applied"][0] == "0001_initial"
    assert stat.S_IMODE((tmp_path / "scout.db").stat().st_mode) == 0o600
    assert scout.json("db", "migrate")["applied"] == []
    data = scout.json("db", "status")
    assert "0001_initial" in data["applied"]
    assert data["pending"] == []
    assert scout("db", "status").stdout.endswith("Up to date.\n")


def test_status_lists_what_is_pending_without_applying_it(scout: Scout, tmp_path: Path) -> None:
    (tmp_path / "scout.db").touch()
    result = scout("db", "status")
    assert result.exit_code == 0
    assert "pending  0001_initial" in result.stdout
    assert "scout db migrate" in result.stdout
    assert (tmp_path / "scout.db").stat().st_size == 0


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
