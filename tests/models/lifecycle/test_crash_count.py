"""A crash is charged to who causes it: what dies alone counts, and progress starts anew."""

from __future__ import annotations

import pytest

from models.dao import StepsDao
from models.database.connection import Database
from models.lifecycle import Claim, Refusal, claim_step, close_worker, expire_leases
from models.lifecycle.crash_count import AT_ONCE, LONGEST_DELAY_S, MAX_ALONE
from models.steps import STEP_NAMES
from tests.support.clock import FakeClock
from tests.support.runs import LEASE_S, WORKER, audits, claimed, new_run, step_of

FIRST = STEP_NAMES[0]
WHY = "Worker process 7 was killed by SIGSEGV"


def die(clock: FakeClock, *run_ids: str, done: int | None = None) -> None:
    """Have one process claim the first step of runs, get so far, and die."""
    clock.advance(2 * LONGEST_DELAY_S)
    for run_id in run_ids:
        claim = claimed(run_id, FIRST, clock)
        if done is not None:
            StepsDao.save_progress(claim.step_id, claim.attempt, {"done": done, "total": 9})
    assert close_worker(WORKER, WHY, clock=clock) == len(run_ids)


def test_what_dies_in_company_is_never_charged(database: Database, clock: FakeClock) -> None:
    innocent, culprit = new_run(clock), new_run(clock)
    for _ in range(MAX_ALONE + 2):
        die(clock, innocent, culprit)
    for run_id in (innocent, culprit):
        assert step_of(run_id, FIRST).interruptions == MAX_ALONE + 2
        newest = audits(run_id, "step.interrupted")[-1]
        assert (newest.data["alone"], newest.data["neighbours"]) == (0, 1)
        assert "another step in hand, and which was the cause is not known" in newest.message
    for _ in range(MAX_ALONE):
        die(clock, culprit)
    assert step_of(culprit, FIRST).error_type == "crash_loop"
    assert step_of(innocent, FIRST).status == "pending"


def test_leases_of_one_process_that_run_out_together_are_company(
    database: Database, clock: FakeClock
) -> None:
    run_ids = [new_run(clock) for _ in range(3)]
    for run_id in run_ids:
        claimed(run_id, FIRST, clock)
    clock.advance(LEASE_S + 1)
    assert expire_leases("redis", clock=clock) == 3
    assert [audits(one, "step.interrupted")[0].data["neighbours"] for one in run_ids] == [2] * 3


def test_a_step_that_gets_further_each_time_is_not_given_up(
    database: Database, clock: FakeClock
) -> None:
    run_id = new_run(clock)
    for done in range(1, MAX_ALONE + 3):
        die(clock, run_id, done=done)
        assert step_of(run_id, FIRST).interruptions == 1, done
    for _ in range(MAX_ALONE - 2):
        die(clock, run_id, done=0)
    assert step_of(run_id, FIRST).status == "pending"
    die(clock, run_id, done=MAX_ALONE + 2)
    assert step_of(run_id, FIRST).error_type == "crash_loop"


@pytest.mark.parametrize("found", ["due", "expired"])
def test_after_two_interruptions_a_step_is_not_for_a_process_that_does_others(
    database: Database, clock: FakeClock, found: str
) -> None:
    run_id = new_run(clock)
    for _ in range(AT_ONCE):
        assert isinstance(_claim(run_id, clock, in_company=True), Claim)
        clock.advance(LEASE_S + 1)
        if found == "due":
            expire_leases("redis", clock=clock)
    refusal = _claim(run_id, clock, in_company=True)
    assert isinstance(refusal, Refusal)
    assert refusal.is_for_alone
    assert audits(run_id, "step.duplicate_delivery") == []
    assert isinstance(_claim(run_id, clock, in_company=False), Claim)


def _claim(run_id: str, clock: FakeClock, *, in_company: bool) -> Claim | Refusal:
    return claim_step(
        run_id, FIRST, worker=WORKER, lease_s=LEASE_S, in_company=in_company, clock=clock
    )
