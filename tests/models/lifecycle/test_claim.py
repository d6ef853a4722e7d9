"""A step is taken by one conditional update; whoever comes late changes nothing."""

from __future__ import annotations

import pytest

from models.dao import StepsDao
from models.database.connection import Database
from models.errors import InputError, LeaseLostError
from models.lifecycle import cancel_run, claim_step, fail_step, finish_claim, start_step
from models.lifecycle.claim import EARLY_S
from models.redaction import MASK, Redactor, set_default_redactor
from models.steps import STEP_NAMES, step_id_for
from tests.support.clock import FakeClock
from tests.support.runs import (
    LEASE_S,
    WORKER,
    audits,
    claimed,
    done,
    events,
    new_run,
    refused,
    run_of,
    statuses,
    step_of,
)

FIRST, SECOND = STEP_NAMES[:2]


def test_a_claim_starts_the_step_and_the_run(database: Database, clock: FakeClock) -> None:
    run_id = new_run(clock)
    clock.advance(2)
    claim = claimed(run_id, FIRST, clock)

    row, run = step_of(run_id, FIRST), run_of(run_id)
    assert (claim.attempt, claim.name, claim.step_id) == (1, FIRST, row.step_id)
    assert claim.args["query"] == "vector database"
    assert (row.status, row.attempt, row.worker) == ("running", 1, WORKER)
    assert row.started_at == claim.started_at == "2026-03-01T12:00:02.000000Z"
    assert row.lease_expires_at == "2026-03-01T12:00:17.000000Z"
    assert (run.status, run.started_at) == ("running", row.started_at)


def test_a_start_is_audited_with_its_attempt_and_worker(
    database: Database, clock: FakeClock
) -> None:
    run_id = new_run(clock)
    claimed(run_id, FIRST, clock)

    (audit,) = audits(run_id, "step.started")
    assert audit.step_id == step_id_for(run_id, 1)
    assert (audit.scope, audit.data) == (FIRST, {"attempt": 1, "worker": WORKER})


def test_what_is_said_of_a_start_is_masked_by_the_redactor_of_the_moment(
    sqlite_database: Database, clock: FakeClock
) -> None:
    first, second = new_run(clock), new_run(clock)
    claimed(first, FIRST, clock)
    set_default_redactor(Redactor({"SOME_TOKEN": WORKER}))
    claimed(second, FIRST, clock)

    seen = [audits(run_id, "step.started")[0].data["worker"] for run_id in (first, second)]
    assert seen == [WORKER, MASK]


def test_the_start_of_the_run_is_the_start_of_its_first_step(
    database: Database, clock: FakeClock
) -> None:
    run_id = new_run(clock)
    finish_claim(claimed(run_id, FIRST, clock), {}, clock=clock)
    clock.advance(5)
    claimed(run_id, SECOND, clock)

    assert run_of(run_id).started_at == step_of(run_id, FIRST).started_at


def test_a_second_delivery_of_a_running_step_is_harmless_and_audited(
    database: Database, clock: FakeClock
) -> None:
    run_id = new_run(clock)
    claim = claimed(run_id, FIRST, clock)
    before = step_of(run_id, FIRST)

    assert refused(run_id, FIRST, clock) == f"attempt 1 is running on {WORKER}"
    assert step_of(run_id, FIRST) == before
    (audit,) = audits(run_id, "step.duplicate_delivery")
    assert (audit.step_id, audit.level) == (claim.step_id, "INFO")
    assert audit.data == {"reason": f"attempt 1 is running on {WORKER}"}


def test_a_second_delivery_of_a_finished_step_is_harmless_and_audited(
    database: Database, clock: FakeClock
) -> None:
    run_id = new_run(clock)
    done(run_id, clock, steps=1)
    before = StepsDao.of_run(run_id)

    assert refused(run_id, FIRST, clock) == "the step is already success"
    assert StepsDao.of_run(run_id) == before
    assert events(run_id)[-1] == "step.duplicate_delivery"


@pytest.mark.parametrize("name", STEP_NAMES[1:])
def test_a_message_that_comes_out_of_order_is_refused(sqlite_database: Database, name: str) -> None:
    run_id = new_run()

    assert refused(run_id, name) == "the step before it has not finished"
    assert statuses(run_id) == ["pending"] * 10


def test_a_message_for_an_unknown_run_is_refused_and_leaves_no_row(database: Database) -> None:
    assert refused("NOSUCHRUN", FIRST) == "no such step in the database"
    assert events("NOSUCHRUN") == []


def test_a_message_for_an_ended_run_is_refused(database: Database, clock: FakeClock) -> None:
    failed, cancelled, succeeded = (new_run(clock) for _ in range(3))
    fail_step(claimed(failed, FIRST, clock), "ValueError", "no", clock=clock)
    cancel_run(cancelled, who="ada", reason="late", clock=clock)
    done(succeeded, clock)

    assert refused(failed, SECOND, clock) == "the run is failed"
    assert refused(cancelled, FIRST, clock) == "the run is cancelled"
    assert refused(succeeded, STEP_NAMES[-1], clock) == "the run is success"
    assert [run_of(run).status for run in (failed, cancelled, succeeded)] == [
        "failed",
        "cancelled",
        "success",
    ]


def test_a_step_is_not_claimed_before_it_is_due(database: Database, clock: FakeClock) -> None:
    run_id = new_run(clock)
    clock.set_wall(-EARLY_S - 0.001)
    assert refused(run_id, FIRST, clock).startswith("it is not due before 2026-03-01T12:00:00")

    clock.set_wall(0.001)
    assert claimed(run_id, FIRST, clock).attempt == 1


def test_a_claim_that_comes_too_late_by_one_write_is_refused(
    database: Database, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rows are read without a lock first; what was read may have changed by then."""
    run_id = new_run(clock)
    stale = StepsDao.for_claim(run_id, FIRST)
    assert stale is not None
    claimed(run_id, FIRST, clock)
    fresh = StepsDao.for_claim
    answers = iter([stale])
    monkeypatch.setattr(StepsDao, "for_claim", lambda *key: next(answers, None) or fresh(*key))

    assert refused(run_id, FIRST, clock) == f"attempt 1 is running on {WORKER}"
    assert (step_of(run_id, FIRST).attempt, step_of(run_id, FIRST).worker) == (1, WORKER)
    assert events(run_id).count("step.started") == 1


@pytest.mark.parametrize("change", ["attempt", "not due", "run ended"])
def test_the_claiming_update_itself_is_conditional(
    database: Database, clock: FakeClock, change: str
) -> None:
    run_id = new_run(clock)
    row = StepsDao.for_claim(run_id, FIRST)
    assert row is not None
    sql = {
        "attempt": "UPDATE run_steps SET attempt = 1 WHERE run_id = ?",
        "not due": "UPDATE run_steps SET due_at = NULL WHERE run_id = ?",
        "run ended": "UPDATE runs SET status = 'cancelled' WHERE run_id = ?",
    }[change]
    database.execute(sql, (run_id,))

    assert not StepsDao.claim(row, WORKER, clock.now_iso(), clock.now_iso(LEASE_S))
    assert step_of(run_id, FIRST).status == "pending"


def test_an_expired_lease_is_closed_as_interrupted_and_taken_over(
    database: Database, clock: FakeClock
) -> None:
    run_id = new_run(clock)
    old = claimed(run_id, FIRST, clock)
    clock.advance(LEASE_S)
    assert "is running on" in refused(run_id, FIRST, clock)

    clock.advance(4)
    new = claimed(run_id, FIRST, clock, worker="other:8:cd")

    row = step_of(run_id, FIRST)
    assert (new.attempt, row.attempt, row.worker, row.status) == (2, 2, "other:8:cd", "running")
    assert (row.interruptions, row.tries) == (1, 0)
    assert events(run_id)[-2:] == ["step.interrupted", "step.started"]
    (audit,) = audits(run_id, "step.interrupted")
    assert audit.data == {
        "attempt": 1,
        "worker": WORKER,
        "reason": "its lease expired 4 s ago",
        "started_at": old.started_at,
        "neighbours": 0,
        "interruptions": 1,
        "alone": 1,
        "done": 0,
        "total": 0,
    }
    with pytest.raises(LeaseLostError):
        finish_claim(old, {}, clock=clock)
    assert step_of(run_id, FIRST) == row


def test_a_step_is_started_by_hand(database: Database, clock: FakeClock) -> None:
    run_id = new_run(clock)

    assert start_step(run_id, FIRST, clock=clock) == step_id_for(run_id, 1)
    with pytest.raises(InputError, match=r"init_run .* cannot start: attempt 1 is running"):
        start_step(run_id, FIRST, clock=clock)
    with pytest.raises(InputError, match="the step before it has not finished"):
        start_step(run_id, SECOND, clock=clock)


def test_the_dao_starts_and_finishes_a_step_without_audit_rows(database: Database) -> None:
    run_id = new_run()
    step_id = StepsDao.start(run_id, FIRST)
    with pytest.raises(InputError, match="cannot start"):
        StepsDao.start(run_id, FIRST)
    with pytest.raises(InputError, match="cannot start"):
        StepsDao.start(run_id, "no_such_step")
    StepsDao.finish(step_id, "success", {"items": 3, "duration_ms": 1.5})

    assert step_of(run_id, FIRST).stats == {"items": 3, "duration_ms": 1.5}
    assert step_of(run_id, FIRST).status == "success"
    assert events(run_id) == ["run.created"]
    with pytest.raises(LeaseLostError):
        StepsDao.finish(step_id, "failed", {})
    with pytest.raises(LeaseLostError):
        StepsDao.finish("no-such-step", "failed", None)
    assert step_of(run_id, FIRST).status == "success"


def test_a_lease_is_renewed_only_by_the_attempt_that_holds_it(
    database: Database, clock: FakeClock
) -> None:
    run_id = new_run(clock)
    claim = claimed(run_id, FIRST, clock)
    later = clock.now_iso(60)

    assert not StepsDao.renew(claim.step_id, claim.attempt + 1, later)
    assert step_of(run_id, FIRST).lease_expires_at == clock.now_iso(LEASE_S)
    assert StepsDao.renew(claim.step_id, claim.attempt, later)
    assert step_of(run_id, FIRST).lease_expires_at == later

    finish_claim(claim, {}, clock=clock)
    assert not StepsDao.renew(claim.step_id, claim.attempt, later)
    assert step_of(run_id, FIRST).lease_expires_at is None


def test_an_attempt_holds_its_step_until_it_ends(database: Database, clock: FakeClock) -> None:
    run_id = new_run(clock)
    claim = claimed(run_id, FIRST, clock)

    def holds(attempt: int) -> set[bool]:
        return {
            StepsDao.holds(claim.step_id, attempt),
            StepsDao.holds_now(claim.step_id, attempt),
        }

    assert (holds(1), holds(2)) == ({True}, {False})
    finish_claim(claim, {}, clock=clock)
    assert holds(1) == {False}


def test_progress_is_stored_and_a_new_attempt_starts_without_it(
    database: Database, clock: FakeClock
) -> None:
    run_id = new_run(clock)
    claim = claimed(run_id, FIRST, clock)
    StepsDao.save_progress(claim.step_id, 2, {"done": 9, "total": 9})
    assert step_of(run_id, FIRST).progress == {}
    StepsDao.save_progress(claim.step_id, 1, {"done": 3, "total": 9})
    assert step_of(run_id, FIRST).progress == {"done": 3, "total": 9}

    clock.advance(LEASE_S + 1)
    claim_step(run_id, FIRST, worker="b", lease_s=LEASE_S, clock=clock)
    assert step_of(run_id, FIRST).progress == {}
