"""A person and a worker at the same rows at the same time: one goes first, both stay consistent.

SQLite lets one writer in at a time. On PostgreSQL both transactions are open at once, and the
second one must not act on what it read before the first one committed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from models.audit import Journal
from models.dao import StepsDao
from models.database.connection import Database
from models.errors import LeaseLostError
from models.lifecycle import cancel_run, finish_claim, resume_run
from models.lifecycle.finish_run import end_run
from models.steps import STEP_NAMES
from tests.support.clock import FakeClock
from tests.support.runs import (
    LEASE_S,
    audits,
    claimed,
    done,
    events,
    new_run,
    run_of,
    statuses,
)
from tests.support.waiting import DEADLINE_S, wait_until

FIRST, SECOND = STEP_NAMES[:2]


class Behind:
    """Runs a transaction in another thread that comes second to the one that is open here."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._pool = ThreadPoolExecutor(1)
        self._started = threading.Event()

    def start(self, work: Callable[[], object]) -> Future[object]:
        """Start it and wait until it stands before the open transaction's rows."""

        def run() -> object:
            self._started.set()
            try:
                return work()
            finally:
                self._database.close_thread()

        future = self._pool.submit(run)
        assert self._started.wait(DEADLINE_S)
        if not self._database.is_sqlite:
            wait_until("the other transaction waits", self._waits)
        return future

    def close(self) -> None:
        """Wait for the thread to end."""
        self._pool.shutdown()

    def _waits(self) -> bool:
        sql = (
            "SELECT count(*) FROM pg_locks WHERE NOT granted AND pid <> pg_backend_pid()"
            " AND pid IN (SELECT pid FROM pg_stat_activity WHERE datname = current_database())"
        )
        return bool(self._database.execute(sql).fetchone()[0])


@pytest.fixture
def behind(database: Database) -> Iterator[Behind]:
    """Return what runs a second transaction."""
    behind = Behind(database)
    yield behind
    behind.close()


@contextmanager
def finishing(database: Database, step_id: str, clock: FakeClock) -> Iterator[None]:
    """Hold the transaction open in which a step ends as success."""
    with database.write():
        StepsDao.finish(step_id, "success", {}, attempt=1, finished_at=clock.now_iso())
        run_id, _, position = step_id.rpartition("-")
        if int(position) == len(STEP_NAMES):
            end_run(Journal(clock), run_id, "success", clock)
        else:
            StepsDao.make_due(run_id, int(position) + 1, clock.now_iso())
        yield


def test_a_cancellation_behind_the_end_of_a_step_leaves_that_step_alone(
    database: Database, clock: FakeClock, behind: Behind
) -> None:
    run_id = new_run(clock)
    claim = claimed(run_id, FIRST, clock)
    with finishing(database, claim.step_id, clock):
        cancelling = behind.start(lambda: cancel_run(run_id, who="ada", reason="x", clock=clock))

    assert cancelling.result(30) is True
    assert statuses(run_id) == ["success"] + ["cancelled"] * 9
    assert [audit.scope for audit in audits(run_id, "step.cancelled")] == list(STEP_NAMES[1:])


def test_a_cancellation_behind_the_end_of_the_run_changes_nothing(
    database: Database, clock: FakeClock, behind: Behind
) -> None:
    run_id = new_run(clock)
    done(run_id, clock, steps=9)
    claim = claimed(run_id, STEP_NAMES[-1], clock)
    with finishing(database, claim.step_id, clock):
        cancelling = behind.start(lambda: cancel_run(run_id, who="ada", reason="x", clock=clock))

    assert cancelling.result(30) is False
    assert (run_of(run_id).status, statuses(run_id)) == ("success", ["success"] * 10)
    assert {"run.cancelled", "step.cancelled"} & set(events(run_id)) == set()


def test_resuming_behind_the_late_end_of_a_stalled_step_keeps_its_result(
    database: Database, clock: FakeClock, behind: Behind
) -> None:
    run_id = new_run(clock)
    claim = claimed(run_id, FIRST, clock)
    clock.advance(LEASE_S + 1)
    with finishing(database, claim.step_id, clock):
        resuming = behind.start(lambda: resume_run(run_id, who="ada", clock=clock))

    assert resuming.result(30) == SECOND
    assert statuses(run_id)[:2] == ["success", "pending"]


def test_the_end_of_a_step_behind_a_cancellation_is_lost(
    database: Database, clock: FakeClock, behind: Behind
) -> None:
    run_id = new_run(clock)
    claim = claimed(run_id, FIRST, clock)
    with database.write():
        cancel_run(run_id, who="ada", reason="x", clock=clock)
        ending = behind.start(lambda: finish_claim(claim, {}, clock=clock))

    with pytest.raises(LeaseLostError):
        ending.result(30)
    assert statuses(run_id) == ["cancelled"] * 10
