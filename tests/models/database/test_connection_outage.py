"""A PostgreSQL server that goes away and comes back delays writes and loses none."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from models.dao import RunsDao
from models.database import connection as db
from models.database.clock import keep_time
from models.database.connection import Database
from models.database.migrate import open_database
from models.errors import DatabaseUnavailableError
from models.lifecycle import finish_claim
from models.settings.runtime import load_settings
from models.steps import STEP_NAMES
from tests.support.runs import claimed, events, new_run, run_of, statuses
from tests.support.servers import Postgres, running_postgres

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def server(postgres: Postgres) -> Iterator[Postgres]:
    """Run a server that nobody else uses, so that it may be stopped."""
    with running_postgres() as own:
        own.be_fast()
        yield own


@pytest.fixture
def fragile(server: Postgres, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """Open a database on the server that the test stops; the server runs again afterwards."""
    monkeypatch.setenv("SCOUT_DATABASE_URL", server.url)
    database = open_database(load_settings())
    yield database
    server.start()
    database.close_thread()


def starts_again(server: Postgres, after_tries: int, tries: list[str]) -> object:
    """Return a `give_up` that never gives up and starts the server after some tries."""

    def give_up() -> bool:
        tries.append("away")
        if len(tries) == after_tries:
            server.start()
        return False

    return give_up


def test_a_server_stopped_and_started_in_the_middle_of_a_transaction_delays_it(
    fragile: Database, server: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db, "LONG_WAIT_S", 0.0)
    tries: list[str] = []
    bodies: list[str] = []

    def work() -> str:
        name = str(len(bodies))
        bodies.append(name)
        fragile.execute(
            "INSERT INTO singletons (name, holder, expires_at) VALUES (?, 'h', 'e')", (name,)
        )
        if len(bodies) == 1:
            server.stop()
        fragile.execute("SELECT 1").fetchone()
        return name

    last = fragile.transact(work, give_up=starts_again(server, 3, tries))  # type: ignore[arg-type]

    assert len(tries) >= 3
    assert fragile.execute("SELECT name FROM singletons").fetchall() == [(last,)]


def test_the_end_of_a_step_waits_for_the_server(fragile: Database, server: Postgres) -> None:
    run_id = new_run()
    claim = claimed(run_id, STEP_NAMES[0])
    server.stop()
    tries: list[str] = []

    due = finish_claim(claim, {}, give_up=starts_again(server, 2, tries))  # type: ignore[arg-type]

    assert (due, len(tries) >= 2) == (STEP_NAMES[1], True)
    assert statuses(run_id)[:2] == ["success", "pending"]
    assert events(run_id) == ["run.created", "step.started", "step.finished"]


def test_a_read_waits_for_the_server(fragile: Database, server: Postgres) -> None:
    run_id = new_run()
    server.stop()
    tries: list[str] = []

    row = fragile.reading(
        lambda: RunsDao.get(run_id),
        give_up=starts_again(server, 2, tries),  # type: ignore[arg-type]
    )
    assert (row, len(tries) >= 2) == (run_of(run_id), True)


def test_the_wait_for_the_server_is_bounded(fragile: Database, server: Postgres) -> None:
    server.stop()
    fragile.wait_s = 0.1

    with pytest.raises(DatabaseUnavailableError) as failure:
        new_run()
    assert "Check that it is running" in failure.value.hint


def end_connections(server: Postgres) -> None:
    with server.admin() as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_a_connection_that_the_server_ended_is_replaced(
    fragile: Database, server: Postgres
) -> None:
    """By a write, and by the question for the time, which an idle worker begins with."""
    run_id = new_run()
    end_connections(server)
    claimed(run_id, STEP_NAMES[0])
    assert statuses(run_id)[0] == "running"
    end_connections(server)
    fragile.reading(lambda: keep_time(fragile))
    assert statuses(run_id)[0] == "running"


def test_a_role_that_is_let_in_again_has_lost_nothing(fragile: Database, server: Postgres) -> None:
    """Passwords change before those who use them, and a database is dropped to be put back."""
    run_id = new_run()
    with server.admin() as admin:
        admin.execute("CREATE ROLE scout_rotated LOGIN SUPERUSER")
        fragile.close_thread()
        fragile.peewee._params["user"] = "scout_rotated"
        fragile.execute("SELECT 1")
        admin.execute("ALTER ROLE scout_rotated RENAME TO scout_away")
        end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'scout_away'"
        admin.execute(end)

        tries: list[str] = []

        def give_up() -> bool:
            tries.append("refused")
            if len(tries) == 2:
                admin.execute("ALTER ROLE scout_away RENAME TO scout_rotated")
            return False

        row = fragile.reading(lambda: RunsDao.get(run_id), give_up=give_up)
    assert row == run_of(run_id)


def test_reading_leaves_no_transaction_open(fragile: Database, server: Postgres) -> None:
    """An idle transaction would keep old rows and locks for as long as the process lives."""
    run_of(new_run())
    with server.admin() as admin:
        states = admin.execute(
            "SELECT state FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchall()

    assert [state for (state,) in states if state] == ["idle"]
