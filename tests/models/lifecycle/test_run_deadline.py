"""A run that passes its deadline fails with a code of its own, wherever that is noticed."""

from __future__ import annotations

import pytest

from models.dao import StepsDao
from models.database.connection import Database
from models.lifecycle import (
    create_run,
    fail_late_runs,
    finish_claim,
    resume_run,
    take_due_steps,
)
from models.lifecycle.hand_on import finish_and_go_on
from models.records.consistency import contradictions
from models.run_terms import RunTerms
from models.steps import STEP_NAMES
from tests.support.clock import FakeClock
from tests.support.runs import (
    LEASE_S,
    audits,
    claimed,
    done,
    events,
    refused,
    run_of,
    statuses,
    step_of,
)

FIRST, SECOND, THIRD = STEP_NAMES[:3]
HOUR_S = 3600.0


@pytest.fixture
def run_id(database: Database, clock: FakeClock) -> str:
    """Make a run that has an hour."""
    terms = RunTerms(deadline_at=clock.now_iso(HOUR_S))
    args = {"query": "vector database", "dry": True}
    return create_run(args, broker="redis", terms=terms, clock=clock)


def assert_late(run_id: str, step: str, attempts: int) -> None:
    """Hold a run to have failed for its deadline at a step, and its records to be whole."""
    row, run = step_of(run_id, step), run_of(run_id)
    assert (row.status, row.code, row.attempt) == ("failed", "deadline_exceeded", attempts)
    assert run.status == "failed"
    assert (run.error or "").startswith(f"{step}: deadline_exceeded: The run was to end before ")
    assert statuses(run_id)[row.position :] == ["skipped"] * (10 - row.position)
    assert events(run_id)[-1] == "run.failed"
    (failed,) = audits(run_id, "step.failed")
    assert failed.data["error_code"] == "deadline_exceeded"
    assert contradictions(run_id) == []


def test_a_step_is_not_claimed_any_more(run_id: str, clock: FakeClock) -> None:
    done(run_id, clock, steps=1)
    clock.advance(HOUR_S)
    assert refused(run_id, SECOND, clock) == "the run's deadline has passed"
    assert_late(run_id, SECOND, attempts=0)
    assert refused(run_id, SECOND, clock) == "the run is failed"


def test_who_ends_a_step_does_not_go_on(run_id: str, clock: FakeClock) -> None:
    claim = claimed(run_id, FIRST, clock)
    clock.advance(HOUR_S)
    assert finish_and_go_on(claim, {}, lease_s=LEASE_S, clock=clock) is None
    assert step_of(run_id, FIRST).status == "success"
    assert_late(run_id, SECOND, attempts=0)


def test_recovery_ends_what_waits_and_what_runs(run_id: str, clock: FakeClock) -> None:
    done(run_id, clock, steps=1)
    claim = claimed(run_id, SECOND, clock)
    clock.advance(HOUR_S - 1)
    assert fail_late_runs("redis", clock=clock) == 0
    clock.advance(1)
    assert fail_late_runs("memory", clock=clock) == 0, "another broker's"
    assert fail_late_runs("redis", clock=clock) == 1
    assert_late(run_id, SECOND, attempts=1)
    assert not StepsDao.holds(claim.step_id, claim.attempt)
    assert take_due_steps("redis", 0, stale_before=clock.now_iso(-10), clock=clock) == []
    assert fail_late_runs("redis", clock=clock) == 0


def test_a_run_that_ends_with_its_last_step_is_not_late(run_id: str, clock: FakeClock) -> None:
    done(run_id, clock, steps=9)
    claim = claimed(run_id, STEP_NAMES[-1], clock)
    clock.advance(HOUR_S * 2)
    assert finish_and_go_on(claim, {}, lease_s=LEASE_S, clock=clock) is None
    assert run_of(run_id).status == "success"


def test_a_resumed_run_has_time_again(run_id: str, clock: FakeClock) -> None:
    clock.advance(HOUR_S)
    fail_late_runs("redis", clock=clock)
    assert resume_run(run_id, who="ada", clock=clock) == FIRST
    assert run_of(run_id).deadline_at is None
    (resumed,) = audits(run_id, "run.resumed")
    assert resumed.message.endswith("Its deadline, which has passed, is lifted.")
    finish_claim(claimed(run_id, FIRST, clock), {}, clock=clock)
    assert contradictions(run_id) == []
