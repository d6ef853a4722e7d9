"""No wait for PostgreSQL is without an end, and what became of a commit is looked up."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import peewee
import pytest

from models.codes import Code
from models.database import connection as connection_module
from models.database.connection import Database
from models.database.drivers import connect
from models.database.migrate import open_database
from models.errors import ConfigError, DatabaseUnavailableError
from models.lifecycle import cancel_run, fail_step, finish_and_go_on
from models.settings.runtime import load_settings
from models.steps import STEP_NAMES
from tests.support.logs import Logs
from tests.support.runs import audits, claimed, done, events, new_run, run_of, statuses
from tests.support.servers import Postgres
from tests.support.tcp_proxy import TcpProxy

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.parametrize("database", ["postgres"], indirect=True),
]
FIRST, SECOND = STEP_NAMES[:2]


@pytest.fixture
def proxy(postgres: Postgres) -> Iterator[TcpProxy]:
    """Return a proxy before the session's server."""
    with TcpProxy(postgres.socket) as made:
        yield made


@pytest.fixture
def logs() -> Logs:
    """Return what is logged."""
    return Logs()


@pytest.fixture
def far(
    database: Database, proxy: TcpProxy, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Database]:
    """Return what opens the test's database behind the proxy, with parameters in its URL."""
    name = urlsplit(load_settings().database_url).path

    def opened(parameters: str = "") -> Database:
        url = f"postgresql://postgres@127.0.0.1:{proxy.port}{name}?{parameters}"
        monkeypatch.setenv("SCOUT_DATABASE_URL", url)
        return open_database(load_settings())

    return opened


def test_a_connection_that_was_forgotten_costs_seconds_and_is_said(
    far: Callable[..., Database], proxy: TcpProxy, logs: Logs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.database.postgres.ANSWER_S", 1.2)
    logs.configure()
    opened = far()
    run_id = new_run()
    proxy.forget()
    started_s = time.monotonic()
    claimed(run_id, FIRST)
    assert 1.2 <= time.monotonic() - started_s < 30
    assert statuses(run_id)[0] == "running"
    (line,) = [line for line in logs.lines if line["event"] == "database.away"]
    assert (line["level"], "no answer within 1.2 s" in line["message"]) == ("WARNING", True)
    opened.close_thread()


@pytest.mark.parametrize(
    "needle",
    [b"COMMIT", b"WITH ", b"step.started"],
    ids=["of a commit", "of what prepares a statement", "of a statement"],
)
def test_an_answer_that_was_lost_is_looked_up(
    far: Callable[..., Database], proxy: TcpProxy, logs: Logs, needle: bytes
) -> None:
    """Nothing is doubled, and no step is called lost that the worker holds."""
    opened = far()
    logs.configure()
    if needle == b"COMMIT":
        proxy.break_at(needle)
    run_id = new_run()
    proxy.break_at(needle)
    claim = claimed(run_id, FIRST)
    proxy.break_at(needle)
    following = finish_and_go_on(claim, {}, lease_s=15)
    assert following is not None
    assert following.name == SECOND
    proxy.break_at(b"COMMIT")
    fail_step(following, "X", "no")
    proxy.break_at(b"COMMIT")
    assert not cancel_run(run_id, who="ann", reason="late")
    assert events(run_id)[:5] == [
        *("run.created", "step.started", "step.finished", "step.started", "step.failed")
    ]
    assert len(audits(run_id, "run.failed")) == 1
    assert run_of(run_id).status == "failed"
    said = [line["event"] for line in logs.lines if line["run_id"] == run_id]
    assert said == events(run_id)
    opened.close_thread()


def test_a_lost_answer_to_the_end_of_a_run_is_looked_up(
    far: Callable[..., Database], proxy: TcpProxy
) -> None:
    opened = far()
    run_id = new_run()
    done(run_id, steps=9)
    claim = claimed(run_id, STEP_NAMES[-1])
    proxy.break_at(b"run.finished")
    assert finish_and_go_on(claim, {}, lease_s=15) is None
    assert run_of(run_id).status == "success"
    assert events(run_id)[-2:] == ["step.finished", "run.finished"]
    assert len(audits(run_id, "run.finished")) == 1
    opened.close_thread()


def test_what_was_not_committed_is_done_again(
    far: Callable[..., Database], proxy: TcpProxy
) -> None:
    opened = far()
    proxy.break_at(b"INSERT INTO runs")
    run_id = new_run()
    assert events(run_id) == ["run.created"]
    opened.close_thread()


def test_locks_and_statements_have_limits_which_a_url_may_change(
    far: Callable[..., Database], database: Database
) -> None:
    opened = far("options=-c%20lock_timeout%3D50ms%20-c%20statement_timeout%3D7s&keepalives_idle=9")
    opened.wait_s = 0.0
    with database.write():
        database.execute("LOCK TABLE singletons")
        with pytest.raises(DatabaseUnavailableError) as caught:
            opened.transact(lambda: opened.execute("DELETE FROM singletons"))
    assert (caught.value.code, "pg_stat_activity" in caught.value.hint) == (
        Code.DATABASE_LOCKED,
        True,
    )
    names = "statement_timeout", "idle_in_transaction_session_timeout", "search_path"
    asked = ", ".join(f"current_setting('{name}')" for name in names)
    assert opened.execute(f"SELECT {asked}").fetchone()[:2] == ("7s", "5s")
    parameters = opened.peewee.connection().info.get_parameters()
    assert (parameters["keepalives_idle"], parameters["tcp_user_timeout"]) == ("9", "6000")
    opened.close_thread()


def test_a_failover_is_a_lost_connection(
    far: Callable[..., Database], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sessions that are open only read; new ones write."""
    monkeypatch.setattr(connection_module, "LONG_WAIT_S", 0.0)
    opened = far()
    run_id = new_run()
    opened.execute("SET default_transaction_read_only = on")
    claim = claimed(run_id, FIRST)
    opened.execute("SET default_transaction_read_only = on")
    fail_step(claim, "X", "no")
    assert run_of(run_id).status == "failed"
    opened.close_thread()


def test_of_several_hosts_the_one_that_can_be_written_to_is_found(
    database: Database, proxy: TcpProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = urlsplit(load_settings().database_url).path
    url = f"postgresql://postgres@127.0.0.1:1,127.0.0.1:{proxy.port}{name}"
    monkeypatch.setenv("SCOUT_DATABASE_URL", url)
    opened = open_database(load_settings())
    parameters = opened.peewee.connection().info.get_parameters()
    assert parameters["target_session_attrs"] == "read-write"
    opened.close_thread()


def test_an_address_with_a_parameter_that_libpq_does_not_know_is_refused(
    database: Database, far: Callable[..., Database]
) -> None:
    with pytest.raises(ConfigError, match="look at its parameter keepalive") as caught:
        far("keepalive=1&password=s3cretive-word")
    assert "s3cretive" not in str(caught.value)


def test_a_server_that_stays_read_only_says_what_to_do(far: Callable[..., Database]) -> None:
    opened = far("options=-c%20default_transaction_read_only%3Don")
    opened.wait_s = 0.1
    with pytest.raises(DatabaseUnavailableError, match="read-only") as caught:
        new_run()
    assert "point SCOUT_DATABASE_URL at the primary" in caught.value.hint
    opened.close_thread()


def test_a_server_without_room_for_connections_says_how_many_are_needed(
    far: Callable[..., Database], database: Database
) -> None:
    database.execute("CREATE ROLE scout_small LOGIN CONNECTION LIMIT 0")
    try:
        with pytest.raises(DatabaseUnavailableError) as caught:
            far("user=scout_small")
    finally:
        database.execute("DROP ROLE scout_small")
    assert caught.value.code is Code.DATABASE_CONNECTIONS_USED_UP
    assert "Each worker process needs its threads and 4 more" in caught.value.hint
    assert isinstance(caught.value.__cause__, peewee.OperationalError)


def test_a_database_takes_any_text_or_is_refused(
    postgres: Postgres, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of no encoding stores what it is given; others have no place for all characters."""
    make = "CREATE DATABASE {0} ENCODING '{0}' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
    for name in ("sql_ascii", "latin1"):
        with postgres.admin() as admin:
            admin.execute(make.format(name))
        url = urlsplit(postgres.url)._replace(path=f"/{name}").geturl()
        monkeypatch.setenv("SCOUT_DATABASE_URL", url)
        opened = connect(load_settings())
        if name == "latin1":
            with pytest.raises(DatabaseUnavailableError, match="is LATIN1") as caught:
                opened.execute("SELECT 1")
            assert "ENCODING 'UTF8'" in caught.value.hint
        else:
            assert opened.execute("SELECT CAST(? AS text)", ("K\u00e4se \u2605",)).fetchone() == (
                "K\u00e4se \u2605",
            )
        opened.close_thread()
