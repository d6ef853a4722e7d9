"""Steps that must wait for long: handed back with a delay, without counting as anything else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from models.clock import from_iso
from models.database.connection import Database
from models.errors import PostponedError
from models.lifecycle import cancel_run, resume_run
from models.lifecycle.no_progress import MAX_IN_A_ROW
from models.steps import STEP_NAMES
from tasks.sources.interface import Sources
from tasks.step import Step, StepContext
from tests.support.clock import FakeClock
from tests.support.rig import FIRST, Rig, failing
from tests.support.runs import LEASE_S, audits, claimed, events, new_run, run_of, step_of
from workers.attempts.attempt import current_attempt
from workers.attempts.interrupts import WorkerStoppingError
from workers.attempts.retry_policy import RetryPolicy

SECOND = STEP_NAMES[1]
WAIT_S = 900.0
WAITING = "Waiting 41 s for GitHub search quota."
REASON = "GitHub search quota is used up."


def postponed_rig(clock: FakeClock, delay_s: float = 41.0, **options: Any) -> Rig:
    hint = "It goes on by itself."
    error = PostponedError(WAITING, hint, delay_s=delay_s, reason=REASON)
    return Rig({FIRST: failing(error)}, clock=clock, **options)


def wait_after(context: StepContext, done: int, total: int) -> Mapping[str, Any]:
    """Do as much as a step does in an hour, and ask for a wait."""
    context.record.progress(done, total)
    raise PostponedError(REASON, delay_s=41)


def stuck_at(done: int, total: int) -> Step:
    """Return a body that gets as far as that and no further."""
    return lambda context: wait_after(context, done, total)


def test_the_step_is_due_later_and_says_why(database: Database, clock: FakeClock) -> None:
    rig, run_id = postponed_rig(clock), new_run(clock, broker="memory")
    rig.deliver(run_id, FIRST)
    step = step_of(run_id, FIRST)
    assert (step.status, step.attempt, step.tries, step.interruptions) == ("pending", 1, 0, 0)
    assert (step.error_type, step.due_at) == ("postponed", clock.now_iso(41))
    assert run_of(run_id).status == "running"
    (row,) = audits(run_id, "step.postponed")
    assert row.level == "WARNING"
    assert row.message.startswith(f"{FIRST} goes on at 12:00:41Z: {REASON}")
    assert row.data["due_at"] == clock.now_iso(41)
    assert row.data["delay_ms"] == 41_000
    assert rig.waiting() == []
    assert rig.waiting("scout.DQ") == [(FIRST, run_id)]


def test_it_goes_on_when_its_time_has_come_and_not_before(
    database: Database, clock: FakeClock
) -> None:
    rig, run_id = postponed_rig(clock), new_run(clock, broker="memory")
    rig.deliver(run_id, FIRST)
    rig.bodies.clear()
    rig.deliver(run_id, FIRST)
    assert step_of(run_id, FIRST).attempt == 1
    clock.advance(41)
    rig.deliver(run_id, FIRST)
    step = step_of(run_id, FIRST)
    assert (step.status, step.attempt, step.error_type) == ("success", 2, None)
    assert [event for event in events(run_id) if event.startswith("step.")] == [
        "step.started",
        "step.postponed",
        "step.duplicate_delivery",
        "step.started",
        "step.finished",
    ]


def test_a_lost_message_does_not_lose_it(sqlite_database: Database, clock: FakeClock) -> None:
    rig, run_id = postponed_rig(clock, repeat_after_s=0.0), new_run(clock, broker="memory")
    rig.deliver(run_id, FIRST)
    rig.waiting("scout.DQ")
    rig.bodies.clear()
    rig.recovery().tick()
    assert rig.waiting() == []
    clock.advance(42)
    rig.recovery().tick()
    assert rig.waiting() == [(FIRST, run_id)]


def test_however_often_it_is_neither_a_failure_nor_a_crash(
    sqlite_database: Database, clock: FakeClock
) -> None:
    """2,000 READMEs at 60 an hour: as long as there is progress nothing counts against it."""
    done = iter(range(60, 2000, 60))
    rig = Rig({FIRST: lambda context: wait_after(context, next(done), 2000)}, clock=clock)
    rig.steps.policy = RetryPolicy(max_tries=1)
    run_id = new_run(clock, broker="memory")
    for _ in range(33):
        rig.deliver(run_id, FIRST)
        clock.advance(3600)
    step = step_of(run_id, FIRST)
    assert (step.status, step.attempt, step.tries, step.interruptions) == ("pending", 33, 0, 0)
    assert {row.data["in_a_row"] for row in audits(run_id, "step.postponed")} == {1}


class TestInVain:
    """A step that is postponed again and again without getting any further is given up."""

    def test_it_fails_and_says_how_long_it_waited_why_and_what_to_do(
        self, database: Database, clock: FakeClock
    ) -> None:
        rig, run_id = postponed_rig(clock, WAIT_S), new_run(clock, broker="memory")
        for _ in range(MAX_IN_A_ROW):
            rig.deliver(run_id, FIRST)
            assert step_of(run_id, FIRST).status == "pending"
            clock.advance(WAIT_S)
        rig.waiting("scout.DQ")
        rig.deliver(run_id, FIRST)
        step, run = step_of(run_id, FIRST), run_of(run_id)
        assert (step.status, step.error_type, run.status) == (
            "failed",
            "postponed_in_vain",
            "failed",
        )
        message = step.error_message or ""
        assert f"postponed {MAX_IN_A_ROW} times in a row" in message
        assert "got no further in 3.0 h." in message
        assert f"The last reason: {REASON} " in message
        assert f"scout resume {run_id}" in message
        assert message[:100] in (run.error or "")
        assert events(run_id).count("step.postponed") == MAX_IN_A_ROW
        assert events(run_id)[-1] == "run.failed"
        assert rig.waiting() == rig.waiting("scout.DQ") == []

    def test_many_short_waits_only_say_that_others_use_the_quota_too(
        self, sqlite_database: Database, clock: FakeClock
    ) -> None:
        rig, run_id = postponed_rig(clock), new_run(clock, broker="memory")
        for _ in range(3 * MAX_IN_A_ROW):
            rig.deliver(run_id, FIRST)
            clock.advance(41)
        assert step_of(run_id, FIRST).status == "pending"

    def test_a_unit_now_and_then_is_enough(self, database: Database, clock: FakeClock) -> None:
        rig, run_id = Rig(clock=clock), new_run(clock, broker="memory")
        for done in range(5):
            rig.bodies[FIRST] = stuck_at(done, 50)
            for _ in range(MAX_IN_A_ROW):
                rig.deliver(run_id, FIRST)
                clock.advance(WAIT_S)
        assert step_of(run_id, FIRST).status == "pending"
        rig.deliver(run_id, FIRST)
        assert "(4 of 50 done)" in (step_of(run_id, FIRST).error_message or "")

    def test_failures_again_and_again_are_no_progress(
        self, sqlite_database: Database, clock: FakeClock
    ) -> None:
        """Units that failed are tried again by the next attempt, and counted again."""

        def body(context: StepContext) -> Mapping[str, Any]:
            context.record.progress(0, 100)
            return wait_after(context, 60, 100)

        rig, run_id = Rig({FIRST: body}, clock=clock), new_run(clock, broker="memory")
        for _ in range(MAX_IN_A_ROW + 1):
            rig.deliver(run_id, FIRST)
            clock.advance(WAIT_S)
        assert step_of(run_id, FIRST).status == "failed"

    def test_less_than_before_is_no_progress(
        self, sqlite_database: Database, clock: FakeClock
    ) -> None:
        """What is counted again may be counted only in part."""
        rig, run_id = Rig(clock=clock), new_run(clock, broker="memory")
        for done in range(MAX_IN_A_ROW + 1, 0, -1):
            rig.bodies[FIRST] = stuck_at(done, 50)
            rig.deliver(run_id, FIRST)
            clock.advance(WAIT_S)
        assert step_of(run_id, FIRST).error_type == "postponed_in_vain"

    def test_another_phase_of_the_step_is_progress(
        self, sqlite_database: Database, clock: FakeClock
    ) -> None:
        rig, run_id = Rig(clock=clock), new_run(clock, broker="memory")
        for done, total in ((60, 60), (10, 90)):
            rig.bodies[FIRST] = stuck_at(done, total)
            for _ in range(MAX_IN_A_ROW):
                rig.deliver(run_id, FIRST)
                clock.advance(WAIT_S)
        assert step_of(run_id, FIRST).status == "pending"

    def test_crashes_and_shutdowns_in_between_change_nothing(
        self, database: Database, clock: FakeClock
    ) -> None:
        rig, run_id = postponed_rig(clock), new_run(clock, broker="memory")
        stop = {FIRST: failing(WorkerStoppingError("the worker is shutting down"))}
        postpone = dict(rig.bodies)
        for _ in range(MAX_IN_A_ROW):
            rig.deliver(run_id, FIRST)
            clock.advance(WAIT_S)
            claimed(run_id, FIRST, clock)  # by a worker that dies at once
            clock.advance(LEASE_S + 1)
            rig.recovery().tick()
            rig.bodies.update(stop)
            rig.deliver(run_id, FIRST)
            rig.bodies.update(postpone)
        rig.deliver(run_id, FIRST)
        assert step_of(run_id, FIRST).error_type == "postponed_in_vain"

    def test_a_resumed_run_begins_anew(self, database: Database, clock: FakeClock) -> None:
        rig, run_id = postponed_rig(clock), new_run(clock, broker="memory")
        for _ in range(MAX_IN_A_ROW + 1):
            rig.deliver(run_id, FIRST)
            clock.advance(WAIT_S)
        resume_run(run_id, who="a test", clock=clock)
        for _ in range(MAX_IN_A_ROW):
            rig.deliver(run_id, FIRST)
            clock.advance(WAIT_S)
        assert step_of(run_id, FIRST).status == "pending"
        rig.deliver(run_id, FIRST)
        assert step_of(run_id, FIRST).status == "failed"

    def test_steps_are_counted_each_for_itself(
        self, sqlite_database: Database, clock: FakeClock
    ) -> None:
        error = PostponedError(REASON, delay_s=41)
        rig = Rig({FIRST: failing(error), SECOND: failing(error)}, clock=clock)
        run_id = new_run(clock, broker="memory")
        for _ in range(MAX_IN_A_ROW):
            rig.deliver(run_id, FIRST)
            clock.advance(WAIT_S)
        del rig.bodies[FIRST]
        rig.deliver(run_id, FIRST)
        rig.deliver(run_id, SECOND)
        (*_, last) = audits(run_id, "step.postponed")
        assert (last.scope, last.data["in_a_row"]) == (SECOND, 1)


@pytest.mark.parametrize(("delay_s", "due_in_s"), [(1e12, 604_800.0), (-5.0, 0.0)])
def test_no_delay_is_out_of_bounds(
    sqlite_database: Database, clock: FakeClock, delay_s: float, due_in_s: float
) -> None:
    rig, run_id = postponed_rig(clock, delay_s), new_run(clock, broker="memory")
    rig.deliver(run_id, FIRST)
    due_at = from_iso(step_of(run_id, FIRST).due_at or "")
    assert (due_at - clock.now()).total_seconds() == due_in_s


def test_a_cancelled_run_is_not_postponed(sqlite_database: Database, clock: FakeClock) -> None:
    run_id = new_run(clock, broker="memory")

    def body(context: StepContext) -> Mapping[str, Any]:
        cancel_run(run_id, who="a test", reason="enough", clock=clock)
        raise PostponedError(REASON, delay_s=41)

    rig = Rig({FIRST: body}, clock=clock)
    rig.deliver(run_id, FIRST)
    assert step_of(run_id, FIRST).status == "cancelled"
    assert "step.postponed" not in events(run_id)
    assert rig.waiting("scout.DQ") == []


def test_a_wait_stands_beside_the_progress_until_there_is_more(
    database: Database, clock: FakeClock
) -> None:
    seen: list[dict[str, Any]] = []
    run_id = new_run(clock, broker="memory")

    def told() -> dict[str, Any]:
        progress = step_of(run_id, FIRST).progress
        return {key: progress[key] for key in ("done", "total", "waiting") if key in progress}

    def body(context: StepContext) -> Mapping[str, Any]:
        attempt = current_attempt()
        assert attempt is not None
        clock.advance(1)
        context.record.progress(3, 10)
        attempt.waiting("waiting 7 s for GitHub core quota")
        seen.append(told())
        context.record.progress(4, 10)
        seen.append(told())
        return {}

    Rig({FIRST: body}, clock=clock).deliver(run_id, FIRST)
    assert seen == [
        {"done": 3, "total": 10, "waiting": "waiting 7 s for GitHub core quota"},
        {"done": 4, "total": 10},
    ]


def test_live_sources_belong_to_one_step_and_share_their_connection(
    sqlite_database: Database, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The token is read from the worker's environment when the step begins."""
    from tasks.sources.github.rest import GitHubRest

    given: list[Sources] = []

    def body(context: StepContext) -> Mapping[str, Any]:
        given.append(context.sources)
        return {}

    rig = Rig(dict.fromkeys(STEP_NAMES[:3], body), clock=clock)
    run_id = new_run(clock, broker="memory", dry=False)
    rig.deliver(run_id, STEP_NAMES[0])
    rig.deliver(run_id, STEP_NAMES[1])
    monkeypatch.setenv("GITHUB_TOKEN", "another-token")
    rig.deliver(run_id, STEP_NAMES[2])
    assert [sources.name for sources in given] == ["live"] * 3
    clients = [one.github for one in given if isinstance(one.github, GitHubRest)]
    assert len({id(client) for client in clients}) == 3
    connections = [client._requests._http for client in clients]
    assert connections[0] is connections[1] is not connections[2]
    assert connections[2].settings.token == "another-token"
