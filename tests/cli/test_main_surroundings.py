"""Scout where what surrounds most programs is missing: a home, a name, a folder to stand in."""

from __future__ import annotations

import pwd
from pathlib import Path
from typing import Any, NoReturn

import pytest

from tests.support.cli import Scout

DRY = ("run", "--dry", "--query", "vector", "--top", "2", "--log-format", "text")


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Be a user without a home and without an entry in the system's list."""

    def unknown(_: Any) -> NoReturn:
        raise KeyError("getpwuid(): uid not found")

    for name in (
        "HOME",
        "USER",
        "LOGNAME",
        "LNAME",
        "USERNAME",
        "XDG_DATA_HOME",
        "XDG_CONFIG_HOME",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", unknown)


@pytest.mark.usefixtures("nobody")
def test_a_user_without_a_home_or_an_entry_can_work(scout: Scout, tmp_path: Path) -> None:
    assert scout(*DRY, "--out", str(tmp_path)).exit_code == 0
    assert scout("doctor").exit_code == 0
    assert scout("cancel", "last", "--reason", "x").exit_code in {0, 2}


@pytest.mark.usefixtures("nobody")
def test_without_a_home_the_database_must_be_named(
    scout: Scout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SCOUT_DATABASE_URL")
    result = scout("runs")
    assert result.exit_code == 3
    assert "no home folder" in result.stderr or "there is no such home" in result.stderr
    assert "SCOUT_DATABASE_URL" in result.stderr


def test_in_a_folder_that_was_deleted_a_run_needs_no_more_than_a_place(
    scout: Scout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert scout(*DRY, "--out", str(tmp_path / "out")).exit_code == 0
    assert scout("doctor").exit_code == 0
    result = scout(*DRY)
    assert result.exit_code == 2
    assert "--out is relative to the current folder" in result.stderr


@pytest.mark.parametrize(
    "url", ["postgres:Sup3rSecret", "Sup3rSecret", "sqlite:/Sup3rSecret", "file:Sup3rSecret"]
)
@pytest.mark.parametrize("name", ["SCOUT_DATABASE_URL", "SCOUT_BROKER_URL"])
def test_what_is_no_url_is_never_quoted(
    scout: Scout, monkeypatch: pytest.MonkeyPatch, name: str, url: str
) -> None:
    monkeypatch.setenv(name, url)
    for command in (("runs",), ("doctor",), DRY):
        result = scout(*command)
        assert result.exit_code == 3
        assert name in result.output
        assert "Sup3rSecret" not in result.output


@pytest.mark.parametrize("url", ["sqlite:///x.db?mode=ro", "sqlite://x.db", "sqlite:x.db"])
@pytest.mark.no_database
def test_an_address_of_sqlite_is_a_path_and_no_more(
    scout: Scout, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, url: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SCOUT_DATABASE_URL", url)
    result = scout(*DRY)
    assert result.exit_code == 3
    assert "SCOUT_DATABASE_URL is" in result.stderr
    assert list(tmp_path.iterdir()) == []
