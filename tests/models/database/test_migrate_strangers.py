"""`DATABASE_URL` is a name that many programs use: Scout takes what is empty or its own."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from models.dao.any_table import count_rows
from models.database import migration_history
from models.database.connection import Database
from models.database.drivers import connect
from models.database.migrate import open_database, schema_status
from models.errors import ConfigError, DatabaseUnavailableError
from models.settings.runtime import load_settings
from tests.support.cli import Scout
from tests.support.runs import done, new_run
from tests.support.servers import Postgres


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


def test_a_table_with_a_name_of_ours_that_we_have_not_made_is_left_alone(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where it stands beside the history of another program that Peewee's runner keeps."""
    monkeypatch.setenv("SCOUT_DATABASE_URL", empty_database_url)
    database = connect(load_settings())
    database.execute("CREATE TABLE runs (id INTEGER, status TEXT)")
    database.execute("CREATE TABLE schema_migration (name TEXT, applied TEXT)")
    database.execute("INSERT INTO schema_migration VALUES ('0001_initial', '2020-01-01')")
    with pytest.raises(ConfigError, match=r"the names of Scout's: runs\. Nothing was written"):
        open_database(load_settings())
    assert sorted(database.peewee.get_tables()) == ["runs", "schema_migration"]
    assert database.peewee.get_indexes("runs") == []
    doctor = Scout()("doctor")
    assert doctor.exit_code == 3
    assert "Nothing was written there" in " ".join(doctor.output.split())
    database.close_thread()


def test_a_view_is_as_good_as_a_table(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And to SQLite a name in capitals is the same."""
    monkeypatch.setenv("SCOUT_DATABASE_URL", empty_database_url)
    database = connect(load_settings())
    database.execute("CREATE TABLE things (id INTEGER)")
    name = "Briefs" if database.is_sqlite else "briefs"
    database.execute(f"CREATE VIEW {name} AS SELECT * FROM things")
    with pytest.raises(ConfigError, match=rf"the names of Scout's: {name}\. Nothing was written"):
        open_database(load_settings())
    database.close_thread()


def test_a_strangers_rows_are_never_counted(database: Database) -> None:
    database.execute("CREATE TABLE orders (id INTEGER)")
    try:
        assert {"runs", "machine_clocks"} <= set(count_rows())
        assert "orders" not in count_rows()
    finally:
        database.execute("DROP TABLE orders")


def test_the_history_of_an_older_scout_is_taken_over_and_kept_up(
    empty_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An older one that comes after sees what was done, and refuses what it does not know."""
    monkeypatch.setenv("SCOUT_DATABASE_URL", empty_database_url)
    database = open_database(load_settings())
    sql = "SELECT name FROM {} ORDER BY name"
    every = database.execute(sql.format(migration_history.TABLE)).fetchall()
    database.execute("CREATE TABLE schema_migration (name TEXT, applied TEXT)")
    database.execute(
        f"INSERT INTO schema_migration SELECT name, 'then' FROM {migration_history.TABLE}"
        " WHERE name <> '0015_worker_threads'"
    )
    database.execute(f"DROP TABLE {migration_history.TABLE}")
    database.execute("ALTER TABLE workers DROP COLUMN threads_json")
    assert schema_status(database).pending == ("0015_worker_threads",)
    open_database(load_settings()).close_thread()
    for table in (migration_history.TABLE, "schema_migration"):
        assert database.execute(sql.format(table)).fetchall() == every
    database.close_thread()


@pytest.mark.postgres
def test_another_schema_has_tables_of_its_own(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What stands in `public` under our names is neither read nor touched."""
    url = postgres.create_database("scout_schemas")
    monkeypatch.setenv("SCOUT_DATABASE_URL", f"{url}&options=-csearch_path%3Dscout,public")
    database = connect(load_settings())
    database.execute("CREATE TABLE public.runs (id INTEGER)")
    with pytest.raises(ConfigError, match="the names of Scout's: runs"):
        open_database(load_settings())
    database.execute("CREATE SCHEMA scout")
    opened = open_database(load_settings())
    done(new_run())
    opened.close_thread()
    assert database.execute("SELECT count(*) FROM scout.runs").fetchone() == (1,)
    assert database.execute("SELECT count(*) FROM public.runs").fetchone() == (0,)
    assert count_rows()["runs"] == 1
    database.close_thread()


@pytest.mark.postgres
def test_a_role_that_may_not_create_is_told_what_it_needs(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = postgres.create_database("scout_rights")
    monkeypatch.setenv("SCOUT_DATABASE_URL", url)
    database = connect(load_settings())
    database.execute("CREATE ROLE scout_guest LOGIN")
    monkeypatch.setenv("SCOUT_DATABASE_URL", f"{url}&user=scout_guest")
    with pytest.raises(DatabaseUnavailableError, match="permission denied") as caught:
        open_database(load_settings())
    assert "GRANT USAGE, CREATE ON SCHEMA" in caught.value.hint
    monkeypatch.setenv("SCOUT_DATABASE_URL", f"{url}&options=-csearch_path%3Dnowhere")
    with pytest.raises(DatabaseUnavailableError) as caught:
        open_database(load_settings())
    assert "Create the schema that search_path names" in caught.value.hint
    database.close_thread()


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
