"""Opening a database: where it is kept, who may read it, and what is said when it cannot be."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import peewee
import pytest

from models.database import connection as db
from models.database import drivers
from models.database.connection import database
from models.database.drivers import connect
from models.database.migrate import open_database
from models.errors import ConfigError, DatabaseUnavailableError, ExitCode
from models.settings.runtime import load_settings
from tests.support.runs import new_run


def opening(url: str | Path, monkeypatch: pytest.MonkeyPatch) -> DatabaseUnavailableError:
    """Try to open a database, which must fail, and return the error."""
    text = f"sqlite:///{url}" if isinstance(url, Path) else url
    monkeypatch.setenv("SCOUT_DATABASE_URL", text)
    with pytest.raises(DatabaseUnavailableError) as failure:
        open_database(load_settings())
    assert failure.value.exit_code is ExitCode.DEPENDENCY
    assert db._current is None
    return failure.value


@pytest.fixture(autouse=True)
def _nothing_open(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db, "_current", None)


def test_the_default_database_is_in_the_users_data_directory(tmp_path: Path) -> None:
    database = open_database(load_settings())
    database.close_thread()

    assert database.path is not None
    assert database.path.name == "scout.db"
    assert database.path.is_relative_to(tmp_path / "home")
    assert database.path.exists()


def test_only_its_owner_can_read_the_database_and_what_lies_beside_it(tmp_path: Path) -> None:
    before = os.umask(0o000)
    try:
        database = open_database(load_settings())
        new_run()
    finally:
        os.umask(before)

    assert database.path is not None
    folder = database.path.parent
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    database.close_thread()
    assert {"scout.db", "scout.db-wal", "scout.db-turn"} <= set(modes)
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_connections_are_set_up_for_many_writers(
    sqlite_database: db.Database,
) -> None:
    def pragma(name: str) -> object:
        return sqlite_database.execute(f"PRAGMA {name}").fetchone()[0]

    assert pragma("journal_mode") == "wal"
    assert (pragma("foreign_keys"), pragma("synchronous")) == (1, 1)
    assert pragma("busy_timeout") == drivers.BUSY_TIMEOUT_S * 1000


def test_a_file_that_is_no_database_is_named_and_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("Dear diary, this is no database at all. " * 100)

    error = opening(path, monkeypatch)
    assert "notes.txt: file is not a database." in error.message
    assert "Move the file away" in error.hint
    assert path.read_text().startswith("Dear diary")


def test_a_folder_in_the_place_of_the_file_is_said_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = opening(tmp_path, monkeypatch)

    assert "unable to open" in error.message
    assert "folder" in error.hint


def test_a_file_in_the_place_of_the_folder_is_said_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")

    error = opening(tmp_path / "file" / "scout.db", monkeypatch)
    assert str(tmp_path / "file") in error.message
    assert "folder" in error.hint


def test_a_file_that_may_not_be_written_is_said_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "scout.db"
    path.touch()
    monkeypatch.setattr(os, "access", lambda target, mode: Path(target) != path)

    error = opening(path, monkeypatch)
    assert f"{path} is read-only" in error.message
    assert "writable" in error.hint


def test_a_read_only_disk_is_said_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "scout.db"
    monkeypatch.setattr(
        drivers, "_sqlite", lambda path, *_: peewee.SqliteDatabase(path, pragmas={"query_only": 1})
    )

    error = opening(path, monkeypatch)
    assert "attempt to write a readonly database" in error.message
    assert "writable" in error.hint


@pytest.mark.postgres
def test_a_server_that_is_not_there_is_said_at_once_without_the_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only writes in the middle of a run wait for a server to come back."""
    monkeypatch.setattr("models.database.connection.time.sleep", lambda _: pytest.fail("it waited"))
    error = opening(f"postgresql://ada:hunter2@/x?host={tmp_path}", monkeypatch)

    assert "hunter2" not in str(error)
    assert "ada" not in error.message.split("?")[0]
    assert "Check that it is running" in error.hint


def test_without_its_driver_postgresql_is_a_configuration_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SCOUT_DATABASE_URL", "postgresql://localhost/x")
    monkeypatch.setitem(__import__("sys").modules, "psycopg", None)

    with pytest.raises(ConfigError, match=r"\[postgres\]"):
        connect(load_settings())


@pytest.mark.parametrize(
    "url",
    ["mysql://host/x", "scout.db", "sqlite://", "sqlite:///:memory:", "postgresql://[bad"],
)
def test_a_url_that_names_no_database_is_a_configuration_error(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCOUT_DATABASE_URL", url)

    with pytest.raises(ConfigError, match="SCOUT_DATABASE_URL"):
        open_database(load_settings())


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite:////data/scout.db", "/data/scout.db"),
        ("sqlite:////data/my%20runs.db", "/data/my runs.db"),
        ("sqlite:///here.db", "{cwd}/here.db"),
        ("sqlite:///~/there.db", "{home}/there.db"),
    ],
)
def test_the_path_of_a_sqlite_url(
    url: str, path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SCOUT_DATABASE_URL", url)

    expected = path.format(cwd=tmp_path, home=os.environ["HOME"])
    assert str(connect(load_settings()).path) == expected


def test_no_database_is_open_before_one_is_opened() -> None:
    with pytest.raises(ConfigError, match="No database is open"):
        database()
