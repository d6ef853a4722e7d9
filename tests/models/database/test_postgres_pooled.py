"""PgBouncer between Scout and PostgreSQL: the next statement may meet another session."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import psycopg
import pytest

from models.codes import Code
from models.database.connection import Database
from models.database.migrate import open_database
from models.database.upsert import update_each
from models.errors import DatabaseUnavailableError
from models.settings.runtime import load_settings
from models.statuses import RunStatus
from models.steps import STEP_NAMES
from tests.support.pgbouncer import running_pgbouncer
from tests.support.runs import done, new_run, run_of
from tests.support.servers import Postgres

pytestmark = [pytest.mark.postgres, pytest.mark.pgbouncer]


def opened(url: str, monkeypatch: pytest.MonkeyPatch) -> Database:
    """Open a database, whose connection this thread then has."""
    monkeypatch.setenv("SCOUT_DATABASE_URL", url)
    return open_database(load_settings())


def test_sessions_are_shared_and_nothing_of_ours_stays_in_them(
    pgbouncer: str, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More threads than sessions, statements often enough to be prepared, migrations, batches."""
    postgres.create_database("scout_pooled")
    database = opened(f"{pgbouncer}/scout_pooled", monkeypatch)
    assert database.peewee.connection().pooled

    def work(_: int) -> str:
        run_id = new_run()
        rows = [{"run_id": run_id, "name": name, "progress_json": "{}"} for name in STEP_NAMES]
        database.transact(lambda: update_each("run_steps", rows, ("run_id", "name")))
        done(run_id)
        database.close_thread()
        return run_id

    with ThreadPoolExecutor(6) as pool:
        run_ids = list(pool.map(work, range(12)))
    assert {run_of(run_id).status for run_id in run_ids} == {RunStatus.SUCCESS}

    def limits() -> object:
        names = "current_setting('lock_timeout'), current_setting('statement_timeout')"
        return database.execute(f"SELECT {names}").fetchone()

    assert database.transact(limits) == ("3s", "5s")
    with closing(psycopg.connect(f"{pgbouncer}/scout_pooled", autocommit=True)) as other:
        assert other.execute("SHOW lock_timeout").fetchone() == ("0",)
    database.close_thread()


def test_options_that_would_hold_for_no_session_are_refused(
    pgbouncer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DatabaseUnavailableError, match="A pooler stands before") as caught:
        opened(f"{pgbouncer}/postgres?options=-csearch_path%3Dscout", monkeypatch)
    assert "ALTER ROLE NAME SET search_path" in caught.value.hint


def test_a_pooler_that_cannot_be_used_says_what_to_change(
    pgbouncer: str, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    postgres.create_database("scout_by_statement")
    with running_pgbouncer(postgres, "statement", clients=1) as url:
        with pytest.raises(DatabaseUnavailableError) as caught:
            opened(f"{url}/scout_by_statement", monkeypatch)
        assert "set its pool_mode to transaction" in caught.value.hint
        with (
            closing(psycopg.connect(f"{url}/scout_by_statement")),
            pytest.raises(DatabaseUnavailableError) as caught,
        ):
            opened(f"{url}/scout_by_statement", monkeypatch)
        assert caught.value.code is Code.DATABASE_CONNECTIONS_USED_UP
