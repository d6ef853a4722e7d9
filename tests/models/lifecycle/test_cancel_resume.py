"""What a person may do to a run: cancel it, and open it again; both are audited."""

from __future__ import annotations

import pytest

from models.dao import StepsDao
from models.database.connection import Database
from models.errors import InputError
from models.lifecycle import (
    cancel_run,
    expire_leases,
    fail_step,
    finish_claim,
    hand_back,
    resume_run,
    retry_step,
    take_due_steps,
)
from models.steps import STEP_NAMES
from tests.support.clock import FakeClock
from tests.support.runs import (
    LEASE_S,
    WORKER,
    audits,
    claimed,
    done,
    events,
    everything,
    new_run,
    refused,
    run_of,
    statuses,
    step_of,
)

FIRST, SECOND, THIRD = STEP_NAMES[:3]


def test_a_queued_run_is_cancelled_with_all_its_steps(database: Database, clock: FakeClock) -> None:
    run_id = new_run(clock)
    clock.advance(3)

    assert cancel_run(run_id, who="ada", reason="wrong query", clock=clock)
    run = run_of(run_id)
    assert statuses(run_id) == ["cancelled"] * 10
    assert (run.status, run.error) == ("cancelled", "by ada: wrong query")
    assert (run.started_at, run.finished_at) == (None, clock.now_iso())
    assert run.stats["steps"] == {"cancelled": 10}
    assert events(run_id) == ["run.created", *["step.cancelled"] * 10, "run.cancelled"]
    assert audits(run_id)[-1].message == "Run cancelled: by ada: wrong query"
    assert {row.due_at for row in StepsDao.of_run(run_id)} == {None}


def test_a_running_attempt_loses_its_step_to_a_cancellation(
    database: Database, clock: FakeClock
) -> None:
    run_id = new_run(clock)
    done(run_id, clock, steps=1)
    claim = claimed(run_id, SECOND, clock)

    assert cancel_run(run_id, who="ada", reason="enough", clock=clock)
    row = step_of(run_id, SECOND)
    assert statuses(run_id) == ["success"] + ["cancelled"] * 9
    assert (row.lease_expires_at, row.error_message) == (None, "cancelled by ada: enough")
    assert not StepsDao.holds(claim.step_id, claim.attempt)
    assert not StepsDao.renew(claim.step_id, claim.attempt, clock.now_iso(60))


def test_nothing_revives_a_cancelled_run(database: Database, clock: FakeClock) -> None:
    run_id = new_run(clock)
    claim = claimed(run_id, FIRST, clock)
    cancel_run(run_id, who="ada", reason="enough", clock=clock)
    clock.advance(LEASE_S * 10)
    before = everything(database)

    assert not hand_back(claim, "shutdown", clock=clock)
    assert expire_leases("redis", clock=clock) == 0
    assert take_due_steps("redis", 0, stale_before=clock.now_iso(-10), clock=clock) == []
    assert everything(database) == before
    assert refused(run_id, FIRST, clock) == "the run is cancelled"


@pytest.mark.parametrize("ending", ["success", "failed", "cancelled"])
def test_an_ended_run_is_not_cancelled(database: Database, clock: FakeClock, ending: str) -> None:
    run_id = new_run(clock)
    if ending == "success":
        done(run_id, clock)
    elif ending == "failed":
        fail_step(claimed(run_id, FIRST, clock), "E", "no", clock=clock)
    else:
        cancel_run(run_id, who="ada", reason="first", clock=clock)
    before = everything(database)

    assert not cancel_run(run_id, who="bob", reason="second", clock=clock)
    assert everything(database) == before


def test_cancelling_or_resuming_an_unknown_run_is_an_input_error(database: Database) -> None:
    with pytest.raises(InputError, match="There is no run"):
        cancel_run("NOSUCHRUN", who="ada", reason="x")
    with pytest.raises(InputError, match="There is no run"):
        resume_run("NOSUCHRUN", who="ada")


def test_the_reason_of_a_cancellation_is_redacted_everywhere(
    database: Database, clock: FakeClock, secrets: dict[str, str]
) -> None:
    """The fixture `database` searches all rows; here it is seen that the rest is kept."""
    run_id = new_run(clock)
    cancel_run(run_id, who="ada", reason=f"I used {secrets['GITHUB_TOKEN']} \x1b[2J", clock=clock)

    assert (step_of(run_id, FIRST).error_message or "").startswith("cancelled by ada: I used [RED")
    assert "\x1b" not in (step_of(run_id, FIRST).error_message or "")


def test_a_failed_run_resumes_at_the_failed_step_with_what_it_has(
    database: Database, clock: FakeClock
) -> None:
    run_id = new_run(clock)
    done(run_id, clock, steps=2)
    retry_step(claimed(run_id, THIRD, clock), "E", "no", delay_s=0, max_tries=3, clock=clock)
    fail_step(claimed(run_id, THIRD, clock), "E", "no", clock=clock)
    finished = StepsDao.of_run(run_id)[:2]
    clock.advance(60)

    assert resume_run(run_id, who="ada", clock=clock) == THIRD
    run, row = run_of(run_id), step_of(run_id, THIRD)
    assert (run.status, run.finished_at, run.error, run.stats) == ("queued", None, None, {})
    assert StepsDao.of_run(run_id)[:2] == finished
    assert statuses(run_id) == ["success"] * 2 + ["pending"] * 8
    assert (row.attempt, row.tries, row.interruptions) == (2, 0, 0)
    assert (row.due_at, row.enqueued_at) == (clock.now_iso(), clock.now_iso())
    assert (row.started_at, row.finished_at, row.stats) == (None, None, {})
    assert (row.error_type, row.error_message, row.lease_expires_at) == (None, None, None)
    assert {later.due_at for later in StepsDao.of_run(run_id)[3:]} == {None}
    (audit,) = audits(run_id, "run.resumed")
    assert audit.data == {
        "was": "failed",
        "who": "ada",
        "step": THIRD,
        "reused": [FIRST, SECOND],
    }
    assert audit.message.startswith(f"Run resumed by ada at {THIRD}; 2 finished steps are reused.")


def test_a_resumed_run_goes_on_to_its_end(database: Database, clock: FakeClock) -> None:
    run_id = new_run(clock)
    fail_step(claimed(run_id, FIRST, clock), "E", "no", clock=clock)
    resume_run(run_id, who="ada", clock=clock)
    done(run_id, clock)

    assert (run_of(run_id).status, statuses(run_id)) == ("success", ["success"] * 10)
    assert run_of(run_id).stats["attempts"] == 11
    assert [audit.data["attempt"] for audit in audits(run_id, "step.started")][:2] == [1, 2]


def test_a_resumed_run_may_go_to_another_broker(database: Database, clock: FakeClock) -> None:
    run_id = new_run(clock, broker="memory")
    cancel_run(run_id, who="ada", reason="x", clock=clock)
    resume_run(run_id, who="ada", broker="redis", clock=clock)
    assert run_of(run_id).broker == "redis"

    cancel_run(run_id, who="ada", reason="x", clock=clock)
    resume_run(run_id, who="ada", clock=clock)
    assert run_of(run_id).broker == "redis"


def test_a_run_that_succeeded_is_not_resumed(database: Database, clock: FakeClock) -> None:
    run_id = new_run(clock)
    done(run_id, clock)
    before = everything(database)

    with pytest.raises(InputError, match=f"scout rerun {run_id}"):
        resume_run(run_id, who="ada", clock=clock)
    assert everything(database) == before


def test_a_run_that_is_worked_on_is_not_resumed(database: Database, clock: FakeClock) -> None:
    run_id = new_run(clock)
    claimed(run_id, FIRST, clock)
    before = everything(database)

    with pytest.raises(InputError, match=f"{FIRST} is running on {WORKER}"):
        resume_run(run_id, who="ada", clock=clock)
    assert everything(database) == before


def test_a_stalled_run_is_resumed_and_its_dead_attempt_closed_as_interrupted(
    database: Database, clock: FakeClock
) -> None:
    run_id = new_run(clock)
    old = claimed(run_id, FIRST, clock)
    clock.advance(LEASE_S + 30)

    assert resume_run(run_id, who="ada", clock=clock) == FIRST
    assert events(run_id)[-2:] == ["step.interrupted", "run.resumed"]
    (audit,) = audits(run_id, "step.interrupted")
    assert (audit.data["attempt"], audit.data["worker"]) == (1, WORKER)
    assert not StepsDao.holds(old.step_id, old.attempt)
    assert claimed(run_id, FIRST, clock).attempt == 2


def test_a_resumed_step_that_waited_for_its_retry_is_due_at_once(
    database: Database, clock: FakeClock
) -> None:
    run_id = new_run(clock)
    retry_step(claimed(run_id, FIRST, clock), "E", "no", delay_s=600, max_tries=3, clock=clock)
    resume_run(run_id, who="ada", clock=clock)

    finish_claim(claimed(run_id, FIRST, clock), {}, clock=clock)
    assert statuses(run_id)[0] == "success"
