"""A database that is away or locked for longer than a lease: every run ends all the same."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import peewee
import pytest

from models.clock import Clock
from models.database.connection import Database, database
from tests.integration.fleet import (
    assert_truthful,
    finished_steps,
    fleet,
    same_results,
    submit,
    wait_for_all,
)
from tests.integration.hold import MIDDLE, Hold, held_fleet
from tests.support.runs import run_of, step_of
from tests.support.servers import Postgres
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.redis, pytest.mark.drill, pytest.mark.usefixtures("handoff")]


@pytest.mark.postgres
@pytest.mark.parametrize("database", ["postgres"], indirect=True)
def test_postgres_stopped_and_started_again(
    broker: Any, postgres: Postgres, hold: Hold, secrets: dict[str, str]
) -> None:
    """In the middle of a step, for longer than its lease; it then has one to come back."""
    hold.on(MIDDLE)
    with held_fleet(2, secrets, SCOUT_LEASE_S="8") as workers:
        (run_id,) = submit(1, "unused")
        hold.started(MIDDLE)
        database().close_thread()
        postgres.stop()
        try:
            stopped_s = time.monotonic()
            wait_until("workers to miss it", lambda: workers.said("loop.failed"))
            wait_until("the lease to be over", lambda: time.monotonic() > stopped_s + 8.5)
        finally:
            postgres.start()
        hold.off(MIDDLE)
        wait_until("the run to end", lambda: database().reading(lambda: run_of(run_id).ended))
    assert_truthful([run_id])
    assert step_of(run_id, MIDDLE).attempt == 1, "nobody died, so nobody is interrupted"
    workers.parsed()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_sqlite_locked_by_another_program_for_longer_than_a_lease(
    broker: Any, database: Database, tmp_path: Path, secrets: dict[str, str]
) -> None:
    with fleet("-p", "2", "-t", "2", secrets=secrets, SCOUT_LEASE_S="1.5") as workers:
        run_ids = submit(5, str(tmp_path / "out"))
        wait_until("some steps", lambda: finished_steps() >= 8)
        other = peewee.SqliteDatabase(str(database.path))
        wait_until("a step to be at work", lambda: _locked_amid_work(other))
        held = finished_steps()
        wait_until(
            "leases to run out",
            lambda: database.execute(
                "SELECT max(lease_expires_at) < ? FROM run_steps", (Clock().now_iso(),)
            ).fetchone()[0],
        )
        assert finished_steps() == held
        other.execute_sql("COMMIT")
        other.close()
        wait_for_all()
    assert_truthful(run_ids)
    same_results(run_ids)
    workers.parsed()


def _locked_amid_work(other: peewee.SqliteDatabase) -> bool:
    """Lock the database, unless no step holds a lease just then."""
    other.execute_sql("BEGIN IMMEDIATE")
    sql = "SELECT count(*) FROM run_steps WHERE lease_expires_at IS NOT NULL"
    if other.execute_sql(sql).fetchone()[0]:
        return True
    other.execute_sql("ROLLBACK")
    return False
