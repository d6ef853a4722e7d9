"""A step that is put off: tried again later, or handed back."""

from __future__ import annotations

from models.database.connection import Database
from models.lifecycle import (
    finish_claim,
    hand_back,
    retry_step,
)
from models.steps import STEP_NAMES
from tests.support.clock import FakeClock
from tests.support.runs import (
    WORKER,
    audits,
    claimed,
    events,
    new_run,
    refused,
    run_of,
    step_of,
)

FIRST, SECOND, THIRD = STEP_NAMES[:3]


def test_a_retry_puts_the_step_back_with_a_time(database: Database, clock: FakeClock) -> None:
    run_id = new_run(clock)
    claim = claimed(run_id, FIRST, clock)
    clock.advance(1)
    retry_step(claim, "RateLimit", "HTTP 403", delay_s=9, max_tries=3, clock=clock)

    row = step_of(run_id, FIRST)
    assert (row.status, row.attempt, row.tries, row.interruptions) == ("pending", 1, 1, 0)
    assert row.due_at == row.enqueued_at == "2026-03-01T12:00:10.000000Z"
    assert (row.lease_expires_at, row.finished_at) == (None, None)
    assert (row.error_type, row.error_message) == ("RateLimit", "HTTP 403")
    assert run_of(run_id).status == "running"
    (audit,) = audits(run_id, "step.retrying")
    assert audit.message == (
        "init_run: try 1/3 failed, next try 12:00:10Z, last error: RateLimit: HTTP 403"
    )
    assert audit.data == {
        "attempt": 1,
        "duration_ms": 1000.0,
        "error_type": "RateLimit",
        "error_code": "bug",
        "error": "HTTP 403",
        "next_try_at": "2026-03-01T12:00:10.000000Z",
        "of": 3,
        "try": 1,
    }
    assert refused(run_id, FIRST, clock).startswith("it is not due before")


def test_a_try_that_succeeds_after_retries_leaves_no_error(
    database: Database, clock: FakeClock
) -> None:
    run_id = new_run(clock)
    for _ in range(2):
        retry_step(claimed(run_id, FIRST, clock), "E", "no", delay_s=1, max_tries=3, clock=clock)
        clock.advance(1)
    assert step_of(run_id, FIRST).tries == 2
    finish_claim(claimed(run_id, FIRST, clock), {}, clock=clock)

    row = step_of(run_id, FIRST)
    assert (row.status, row.attempt) == ("success", 3)
    assert (row.error_type, row.error_message) == (None, None)


def test_a_step_handed_back_is_due_at_once_and_counts_against_no_cap(
    database: Database, clock: FakeClock
) -> None:
    run_id = new_run(clock)
    claim = claimed(run_id, FIRST, clock)
    clock.advance(1)

    assert hand_back(claim, "the worker shut down", clock=clock)
    row = step_of(run_id, FIRST)
    assert (row.status, row.attempt, row.tries, row.interruptions) == ("pending", 1, 0, 0)
    assert (row.due_at, row.enqueued_at) == (clock.now_iso(), None)
    (audit,) = audits(run_id, "step.interrupted")
    assert audit.message == (f"Attempt 1 on worker {WORKER} was interrupted: the worker shut down.")
    assert claimed(run_id, FIRST, clock).attempt == 2
    assert not hand_back(claim, "again", clock=clock)
    assert events(run_id).count("step.interrupted") == 1
