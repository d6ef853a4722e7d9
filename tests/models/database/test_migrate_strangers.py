"""`DATABASE_URL` is a name that many programs use: Scout takes what is empty or its own."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from models.database.migrate import open_database
from models.errors import ConfigError
from models.settings.runtime import load_settings
from tests.support.cli import Scout


@pytest.fixture
def shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file that `DATABASE_URL` leads to, where nothing else is set."""
    path = tmp_path / "shop.db"
    monkeypatch.delenv("SCOUT_DATABASE_URL", raising=False)
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{path}")
    return path


def make_table(path: Path, name: str = "django_migrations") -> None:
    """Put another program's table into the file."""
    with closing(sqlite3.connect(path)) as database:
        database.execute(f"CREATE TABLE {name} (id INTEGER)")
        database.commit()


def tables(path: Path) -> list[str]:
    """Return the tables of the file."""
    with closing(sqlite3.connect(path)) as database:
        rows = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    return [name for (name,) in rows]


@pytest.mark.parametrize("name", ["django_migrations", "orders", "runs"])
def test_a_database_of_another_program_is_left_alone(shared: Path, name: str) -> None:
    make_table(shared, name)
    with pytest.raises(ConfigError) as caught:
        open_database(load_settings())
    assert f"DATABASE_URL leads to a database with tables of another program: {name}." in str(
        caught.value
    )
    assert "Set SCOUT_DATABASE_URL" in caught.value.hint
    assert tables(shared) == [name]


def test_the_commands_say_so(shared: Path) -> None:
    scout = Scout()
    make_table(shared)
    for command in (["db", "migrate"], ["run", "--dry", "--query", "x"], ["doctor"]):
        result = scout(*command)
        assert (command, result.exit_code) == (command, 3)
        assert "django_migrations" in result.output
    assert json.loads(scout("doctor", "--json").stdout)["database"]["state"] == "unavailable"
    assert tables(shared) == ["django_migrations"]


def test_an_empty_one_is_used_and_stays_in_use(shared: Path) -> None:
    open_database(load_settings())
    make_table(shared)  # who shares a database of Scout's is welcome
    open_database(load_settings())
    assert {"runs", "django_migrations"} <= set(tables(shared))


def test_who_names_it_to_scout_means_it(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_table(shared)
    monkeypatch.setenv("SCOUT_DATABASE_URL", f"sqlite:///{shared}")
    open_database(load_settings())
    assert {"runs", "django_migrations"} <= set(tables(shared))


def test_the_variable_that_has_the_value_is_named(
    shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "mysql://u:secret-word@db/shop")
    with pytest.raises(ConfigError, match=r"^DATABASE_URL is 'mysql://") as caught:
        open_database(load_settings())
    assert caught.value.hint.startswith("Set SCOUT_DATABASE_URL, which comes first, to ")
    monkeypatch.delenv("SCOUT_BROKER_URL", raising=False)
    monkeypatch.setenv("REDIS_URL", "memcached://cache")
    with pytest.raises(ConfigError, match=r"^REDIS_URL is 'memcached://cache'"):
        load_settings()
    monkeypatch.setenv("SCOUT_DATABASE_URL", "mysql://db/shop")
    monkeypatch.delenv("REDIS_URL")
    with pytest.raises(ConfigError, match=r"^SCOUT_DATABASE_URL is 'mysql://"):
        open_database(load_settings())
