"""Scout where what surrounds most programs is missing: a home, a name, a folder to stand in."""

from __future__ import annotations

import pwd
import threading
from pathlib import Path
from typing import Any, NoReturn

import pytest

from models.database.connection import Database
from tests.support.cli import Scout
from tests.support.runs import new_run
from tests.support.waiting import wait_until

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


@pytest.mark.parametrize("name", ["SCOUT_GITHUB_URL", "SCOUT_LLM_BASE_URL", "SCOUT_EMBED_BASE_URL"])
def test_no_screen_shows_what_may_be_a_password_in_an_address(
    scout: Scout, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("SCOUT_EMBED_MODEL", "m")
    for url in (
        "https://user:Sup3r'Secret@host/v1",
        'https://user:"Sup3r Secret@host/v1',
        "https://user:Sup3r\\Secret@host/v1",
        "https://host/v1?k=Sup3rSecret",
        "https://host/v1#Sup3rSecret",
        "//user:Sup3rSecret@host",
        "https:Sup3rSecret",
    ):
        monkeypatch.setenv(name, url)
        for command in ("config", "doctor"):
            assert "Sup3r" not in scout(command).output


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


@pytest.mark.parametrize("allowed", range(8))
def test_where_the_system_starts_no_more_threads_a_run_is_refused_and_can_go_on(
    scout: Scout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, allowed: int
) -> None:
    """Never one that works without those that keep its leases, or waits for what cannot come."""
    left, before = iter(range(allowed)), set(threading.enumerate())
    real = threading._start_new_thread  # type: ignore[attr-defined]

    def start(*args: Any) -> Any:
        if next(left, None) is None:
            raise RuntimeError("can't start new thread")
        return real(*args)

    monkeypatch.setattr(threading, "_start_new_thread", start)
    refused = scout(*DRY, "--out", str(tmp_path))
    monkeypatch.undo()
    if refused.exit_code != 0:  # it needs seven
        assert (refused.exit_code, allowed < 7) == (3, True)
        assert "starts no more threads" in refused.stderr
        assert "ulimit -u" in refused.stderr
    wait_until("its threads to be gone", lambda: set(threading.enumerate()) <= before)


def test_an_export_that_this_user_may_not_see_is_none(scout: Scout, database: Database) -> None:
    """A folder of another user's raises the same kind of error as a name that is too long."""
    run_id = new_run(out="x" * 300)
    database.execute("UPDATE runs SET status = 'success'")
    database.execute("UPDATE run_steps SET status = 'success'")
    for command in ("show", "watch", "explain"):
        assert scout(command, run_id).exit_code == 0
