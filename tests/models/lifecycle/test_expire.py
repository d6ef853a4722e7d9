"""What is lost is found from the rows: dead workers, expired leases, messages that never came."""

from __future__ import annotations

import pytest

from models.clock import seconds_between
from models.dao import StepsDao
from models.dao.singletons import SingletonsDao
from models.database.connection import Database
from models.errors import LeaseLostError
from models.lifecycle import (
    DueStep,
    cancel_run,
    close_worker,
    expire_leases,
    finish_claim,
    hand_back,
    retry_step,
    take_due_steps,
)
from models.lifecycle.crash_count import AT_ONCE, JITTER, LONGEST_DELAY_S, MAX_ALONE
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

FIRST, SECOND = STEP_NAMES[:2]
REPEAT_AFTER_S = 10.0


def due_steps(messages_waiting: int, clock: FakeClock) -> list[DueStep]:
    """Take the due steps of the broker `redis`."""
    stale_before = clock.now_iso(-REPEAT_AFTER_S)
    return take_due_steps("redis", messages_waiting, stale_before=stale_before, clock=clock)


def crash(run_id: str, name: str, clock: FakeClock) -> None:
    """Claim a step, when it may start again, and let its lease run out."""
    clock.advance(LONGEST_DELAY_S)
    claimed(run_id, name, clock)
    clock.advance(LEASE_S + 1)


def test_an_expired_lease_is_closed_and_its_step_due_without_a_message(
    database: Database, clock: FakeClock
) -> None:
    run_id = new_run(clock)
    old = claimed(run_id, FIRST, clock)
    clock.advance(LEASE_S + 3)

    assert expire_leases("redis", clock=clock) == 1
    row = step_of(run_id, FIRST)
    assert (row.status, row.attempt, row.interruptions, row.tries) == ("pending", 1, 1, 0)
    assert (row.due_at, row.enqueued_at, row.lease_expires_at) == (clock.now_iso(), None, None)
    assert row.error_type == "interrupted"
    (audit,) = audits(run_id, "step.interrupted")
    assert (audit.level, audit.data["worker"]) == ("WARNING", WORKER)
    assert audit.data["reason"] == "it stopped renewing its lease, which expired 3 s ago"
    assert run_of(run_id).status == "running"
    with pytest.raises(LeaseLostError):
        finish_claim(old, {}, clock=clock)
    assert expire_leases("redis", clock=clock) == 0


def test_live_leases_and_those_of_other_brokers_are_left_alone(
    database: Database, clock: FakeClock
) -> None:
    alive, elsewhere = new_run(clock), new_run(clock, broker="memory")
    claimed(elsewhere, FIRST, clock)
    clock.advance(LEASE_S + 1)
    claimed(alive, FIRST, clock)

    assert expire_leases("redis", clock=clock) == 0
    assert statuses(alive)[0] == statuses(elsewhere)[0] == "running"
    clock.advance(LEASE_S)
    assert expire_leases("redis", clock=clock) == 0


def test_a_lease_that_is_renewed_while_recovery_looks_is_left_alone(
    database: Database, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = new_run(clock)
    claim = claimed(run_id, FIRST, clock)
    clock.advance(LEASE_S + 1)
    look = StepsDao.running_where

    def look_then_renew(*args: object) -> object:
        rows = look(*args)  # type: ignore[arg-type]
        assert StepsDao.renew(claim.step_id, claim.attempt, clock.now_iso(LEASE_S))
        return rows

    monkeypatch.setattr(StepsDao, "running_where", look_then_renew)

    assert expire_leases("redis", clock=clock) == 0
    assert step_of(run_id, FIRST).status == "running"
    assert audits(run_id, "step.interrupted") == []


def test_a_step_that_never_reaches_an_end_is_given_up(database: Database, clock: FakeClock) -> None:
    run_id = new_run(clock)
    for _ in range(MAX_ALONE - 1):
        crash(run_id, FIRST, clock)
        assert expire_leases("redis", clock=clock) == 1
        assert statuses(run_id)[0] == "pending"
    crash(run_id, FIRST, clock)
    assert expire_leases("redis", clock=clock) == 1

    row, run = step_of(run_id, FIRST), run_of(run_id)
    assert statuses(run_id) == ["failed"] + ["skipped"] * 9
    assert (row.attempt, row.error_type) == (MAX_ALONE, "crash_loop")
    assert f"started {MAX_ALONE} times in a row" in (row.error_message or "")
    assert WORKER in (row.error_message or "")
    assert (run.status, run.ended) == ("failed", True)
    assert "crash_loop" in (run.error or "")
    assert events(run_id)[-12:] == [
        "step.interrupted",
        "step.failed",
        *["step.skipped"] * 9,
        "run.failed",
    ]
    assert events(run_id).count("step.interrupted") == MAX_ALONE
    assert row.stats["interruptions"] == MAX_ALONE
    assert row.stats["duration_ms"] == audits(run_id, "step.failed")[0].data["duration_ms"]


def test_a_step_that_crashes_again_and_again_waits_ever_longer(
    database: Database, clock: FakeClock
) -> None:
    run_id = new_run(clock)
    waits = []
    for _ in range(MAX_ALONE - 1):
        crash(run_id, FIRST, clock)
        expire_leases("redis", clock=clock)
        waits.append(seconds_between(clock.now_iso(), step_of(run_id, FIRST).due_at or ""))

    assert waits[:AT_ONCE] == [0.0] * AT_ONCE
    least, most = JITTER
    for wait_s, usual_s in zip(waits[AT_ONCE:], (1.0, 2.0), strict=True):
        assert usual_s * least <= wait_s <= usual_s * most
    assert refused(run_id, FIRST, clock).startswith("it is not due before")


def test_the_cap_also_bites_when_a_message_finds_the_expired_lease(
    database: Database, clock: FakeClock
) -> None:
    run_id = new_run(clock)
    for _ in range(MAX_ALONE - 1):
        crash(run_id, FIRST, clock)
        expire_leases("redis", clock=clock)
    crash(run_id, FIRST, clock)

    assert refused(run_id, FIRST, clock) == "the run is failed"
    assert step_of(run_id, FIRST).error_type == "crash_loop"


def test_an_end_starts_the_count_of_interruptions_anew(
    database: Database, clock: FakeClock
) -> None:
    run_id = new_run(clock)
    crash(run_id, FIRST, clock)
    crash(run_id, FIRST, clock)
    retry_step(claimed(run_id, FIRST, clock), "E", "no", delay_s=0, max_tries=3, clock=clock)
    assert (step_of(run_id, FIRST).interruptions, step_of(run_id, FIRST).tries) == (0, 1)

    crash(run_id, FIRST, clock)
    finish_claim(claimed(run_id, FIRST, clock), {}, clock=clock)
    row = step_of(run_id, FIRST)
    assert (row.status, row.interruptions, row.attempt) == ("success", 0, 5)


def test_shutdowns_never_add_up_to_a_crash_loop(database: Database, clock: FakeClock) -> None:
    run_id = new_run(clock)
    for _ in range(MAX_ALONE + 2):
        hand_back(claimed(run_id, FIRST, clock), "shutdown", clock=clock)

    assert (step_of(run_id, FIRST).status, step_of(run_id, FIRST).interruptions) == ("pending", 0)


def test_the_attempts_of_a_dead_worker_process_are_closed_before_their_lease(
    database: Database, clock: FakeClock
) -> None:
    """Another container may have one with the same host name and pid: that one lives on."""
    dead, other, hundred = new_run(clock), new_run(clock), new_run(clock)
    claimed(dead, FIRST, clock, worker="h_st:7:ab")
    claimed(other, FIRST, clock, worker="h_st:7:cd")
    claimed(hundred, FIRST, clock, worker="h_st:71:ab")
    _heartbeat(database, "h_st:7:ab")
    _heartbeat(database, "h_st:7:cd")
    for job, holder in (("recovery:redis", "h_st:7:ab"), ("seals", "h_st:7:cd")):
        SingletonsDao.take(job, holder, clock.now_iso(), clock.now_iso(60))

    assert close_worker("h_st:7:ab", "killed by SIGKILL", clock=clock) == 1
    assert [statuses(run)[0] for run in (dead, other, hundred)] == ["pending", "running", "running"]
    (audit,) = audits(dead, "step.interrupted")
    assert audit.message.endswith("was interrupted: killed by SIGKILL.")
    assert database.execute("SELECT worker FROM workers").fetchall() == [("h_st:7:cd",)]
    assert [job.name for job in SingletonsDao.all()] == ["death", "seals"], "no more recovery"
    assert close_worker("h_st:7:ab", "killed by SIGKILL", clock=clock) == 0


def test_a_step_that_was_never_sent_is_handed_out_at_once_and_noted(
    database: Database, clock: FakeClock
) -> None:
    run_id = new_run(clock)
    hand_back(claimed(run_id, FIRST, clock), "shutdown", clock=clock)

    assert due_steps(1_000, clock) == [DueStep(run_id, FIRST)]
    assert step_of(run_id, FIRST).enqueued_at == clock.now_iso()
    assert due_steps(0, clock) == []


def test_a_message_is_repeated_only_when_it_must_have_got_lost(
    database: Database, clock: FakeClock
) -> None:
    run_id = new_run(clock)
    clock.advance(REPEAT_AFTER_S)
    assert due_steps(0, clock) == []

    clock.advance(0.001)
    assert due_steps(1, clock) == []
    assert due_steps(0, clock) == [DueStep(run_id, FIRST)]
    assert due_steps(0, clock) == []
    clock.advance(REPEAT_AFTER_S + 1)
    assert due_steps(0, clock) == [DueStep(run_id, FIRST)]


def test_a_long_queue_is_not_made_longer(database: Database, clock: FakeClock) -> None:
    runs = sorted(new_run(clock) for _ in range(3))
    clock.advance(REPEAT_AFTER_S + 1)

    assert due_steps(3, clock) == []
    assert [due.run_id for due in due_steps(1, clock)] == runs[:2], "two are missing"


def test_what_a_worker_has_taken_for_a_thread_is_not_missed_at_once(
    database: Database, clock: FakeClock
) -> None:
    """It is neither in the broker nor begun for a moment; one that stays so is lost."""
    runs, suspects = sorted(new_run(clock) for _ in range(3)), set[str]()

    def look(messages_waiting: int) -> list[str]:
        due = take_due_steps(
            "redis",
            messages_waiting,
            stale_before=clock.now_iso(-REPEAT_AFTER_S),
            suspects=suspects,
            clock=clock,
        )
        return [one.run_id for one in due]

    clock.advance(REPEAT_AFTER_S + 1)
    assert look(1) == []
    claimed(runs[0], FIRST, clock)
    assert look(1) == [runs[1]], "the first was begun meanwhile"
    assert look(2) == []
    assert suspects == set()
    clock.advance(REPEAT_AFTER_S + 1)
    assert look(0) == []
    assert look(2) == [], "both came back"
    assert look(0) == []
    assert look(0) == [runs[1], runs[2]]


def test_steps_that_may_not_start_are_not_handed_out(database: Database, clock: FakeClock) -> None:
    new_run(clock, broker="memory")
    running, cancelled, retrying, finished = (new_run(clock) for _ in range(4))
    claimed(running, FIRST, clock)
    cancel_run(cancelled, who="ada", reason="enough", clock=clock)
    retry_step(claimed(retrying, FIRST, clock), "E", "no", delay_s=60, max_tries=3, clock=clock)
    done(finished, clock)
    clock.advance(REPEAT_AFTER_S + 1)
    before = everything(database)

    assert due_steps(0, clock) == []
    assert everything(database) == before

    clock.advance(60)
    assert due_steps(0, clock) == [DueStep(retrying, FIRST)]


def test_the_next_step_is_handed_out_when_the_process_died_before_it_sent_the_message(
    database: Database, clock: FakeClock
) -> None:
    run_id = new_run(clock)
    finish_claim(claimed(run_id, FIRST, clock), {}, clock=clock)
    clock.advance(REPEAT_AFTER_S + 1)

    assert due_steps(0, clock) == [DueStep(run_id, SECOND)]


def test_steps_are_handed_out_in_the_order_in_which_they_became_due(
    database: Database, clock: FakeClock
) -> None:
    runs = []
    for _ in range(3):
        runs.append(new_run(clock))
        clock.advance(1)
    clock.advance(REPEAT_AFTER_S)

    assert [due.run_id for due in due_steps(0, clock)] == runs


def _heartbeat(database: Database, worker: str) -> None:
    database.execute(
        "INSERT INTO workers (worker, host, pid, broker, threads, started_at, heartbeat_at)"
        " VALUES (?, 'host', 7, 'redis', 4, 'then', 'now')",
        (worker,),
    )
