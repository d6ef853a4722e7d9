"""Shutdown hands back without cost; what runs over its time is interrupted with its stack."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Any

from models.clock import Clock
from models.database.connection import Database, database
from models.lifecycle.crash_count import MAX_ALONE
from models.steps import STEP_NAMES
from tasks.step import StepContext
from tests.support.logs import Logs
from tests.support.rig import FIRST, Rig, counting
from tests.support.runs import audits, events, new_run, run_of, step_of
from tests.support.waiting import DEADLINE_S, wait_until

SECOND = STEP_NAMES[1]


class Until:
    """A body that reaches checkpoints until it is let go."""

    def __init__(self) -> None:
        self.started = threading.Event()
        self.released = threading.Event()

    def __call__(self, context: StepContext) -> Mapping[str, Any]:
        self.started.set()
        while not self.released.wait(0.005):
            context.record.checkpoint()
        return {}


class Stuck(Until):
    """A body that waits in C, where no exception reaches it."""

    def __call__(self, context: StepContext) -> Mapping[str, Any]:
        self.started.set()
        self.released.wait()
        return {}


class TestShutdown:
    """A deploy is neither a failure nor a crash."""

    def test_a_step_in_hand_is_given_back_at_its_next_checkpoint(self, database: Database) -> None:
        body = Until()
        rig, run_id = Rig({FIRST: body}), new_run(broker="memory")
        with rig.working():
            rig.broker.enqueue(rig.broker.get_actor(FIRST).message(run_id))
            assert body.started.wait(DEADLINE_S)
        step = step_of(run_id, FIRST)
        assert (step.status, step.attempt, step.tries, step.interruptions) == ("pending", 1, 0, 0)
        (row,) = audits(run_id, "step.interrupted")
        assert "shutting down" in row.message
        assert run_of(run_id).status == "running"

    def test_a_stop_that_nobody_asked_for_is_charged_to_all_that_was_in_hand(
        self, database: Database
    ) -> None:
        """A step may have sent the signal to its own process, and would do so for ever."""
        body = Until()
        rig, run_ids = Rig({FIRST: body}), [new_run(broker="memory") for _ in range(2)]
        with rig.working():
            for run_id in run_ids:
                rig.broker.enqueue(rig.broker.get_actor(FIRST).message(run_id))
            wait_until("both to be in hand", lambda: len(rig.steps.active()) == 2)
            rig.steps.suspect("because of a SIGTERM")
        for run_id in run_ids:
            step = step_of(run_id, FIRST)
            assert (step.status, step.interruptions) == ("pending", 1)
            (row,) = audits(run_id, "step.interrupted")
            assert "because of a SIGTERM; its process had another step in hand" in row.message
            assert (row.data["neighbours"], row.data["alone"]) == (1, 0)

    def test_the_next_worker_goes_on_at_once(self, database: Database) -> None:
        body = Until()
        rig, run_id = Rig({FIRST: body}), new_run(broker="memory")
        with rig.working():
            rig.broker.enqueue(rig.broker.get_actor(FIRST).message(run_id))
            assert body.started.wait(DEADLINE_S)
        with Rig(repeat_after_s=3600.0).working():
            wait_until("the run to end", lambda: run_of(run_id).ended)
        assert run_of(run_id).status == "success"
        assert step_of(run_id, FIRST).attempt == 2

    def test_many_deploys_do_not_use_up_the_cap_on_crashes(self, sqlite_database: Database) -> None:
        run_id = new_run(broker="memory")
        for number in range(1, MAX_ALONE + 3):
            body = Until()
            rig = Rig({FIRST: body}, repeat_after_s=0.0)
            with rig.working():
                assert body.started.wait(DEADLINE_S), f"start {number}"
        assert step_of(run_id, FIRST).attempt == MAX_ALONE + 2
        with Rig(repeat_after_s=0.0).working():
            wait_until("the run to end", lambda: run_of(run_id).ended)
        assert run_of(run_id).status == "success"

    def test_a_step_that_does_not_stop_in_time_is_given_back_and_then_fenced(
        self, sqlite_database: Database
    ) -> None:
        body = Stuck()
        rig, run_id = Rig({FIRST: body}), new_run(broker="memory")
        with rig.working(grace_s=0.05):
            rig.broker.enqueue(rig.broker.get_actor(FIRST).message(run_id))
            assert body.started.wait(DEADLINE_S)
        step = step_of(run_id, FIRST)
        assert (step.status, step.interruptions, step.tries) == ("pending", 0, 0)
        body.released.set()
        wait_until("the late thread to end", lambda: not rig.steps.active())
        assert step_of(run_id, FIRST).status == "pending"
        assert events(run_id).count("step.finished") == 0

    def test_a_message_that_comes_during_the_shutdown_stays_due(
        self, sqlite_database: Database, logs: Logs
    ) -> None:
        calls: list[str] = []
        rig, run_id = Rig({FIRST: counting(calls)(FIRST)}), new_run(broker="memory")
        rig.steps.stopping.set()
        rig.deliver(run_id, FIRST)
        assert calls == []
        assert step_of(run_id, FIRST).due_at is not None
        assert events(run_id) == ["run.created"]
        (line,) = [line for line in logs.lines if "was skipped" in line["message"]]
        assert line["run_id"] == run_id

    def test_a_step_that_ends_during_the_shutdown_counts(self, sqlite_database: Database) -> None:
        """What is finished is recorded as finished, and the next step is due."""
        rig_of: list[Rig] = []

        def body(context: StepContext) -> Mapping[str, Any]:
            rig_of[0].steps.before_worker_shutdown(rig_of[0].broker, None)  # type: ignore[arg-type]
            return {"done": True}

        rig_of.append(Rig({FIRST: body}))
        run_id = new_run(broker="memory")
        rig_of[0].deliver(run_id, FIRST)
        assert step_of(run_id, FIRST).status == "success"
        assert step_of(run_id, SECOND).due_at is not None

    def test_what_is_given_back_is_not_handed_out_to_the_worker_that_stops(
        self, sqlite_database: Database
    ) -> None:
        """Recovery stops first: the step needs a message as soon as another worker is there."""
        body = Until()
        rig, run_id = Rig({FIRST: body}, recovery_interval_s=0.05), new_run(broker="memory")

        def loops() -> list[str]:
            return [thread.name for thread in threading.enumerate() if thread.is_alive()]

        class Witness(Until):
            def __call__(self, context: StepContext) -> Mapping[str, Any]:
                try:
                    return super().__call__(context)
                finally:
                    seen.extend(loops())

        seen: list[str] = []
        rig.bodies[FIRST] = body = Witness()
        with rig.working():
            rig.broker.enqueue(rig.broker.get_actor(FIRST).message(run_id))
            assert body.started.wait(DEADLINE_S)
            assert "recovery" in loops()
        assert "keeper" in seen
        assert "recovery" not in seen
        assert step_of(run_id, FIRST).enqueued_at is None

    def test_the_worker_takes_its_name_off_the_list(self, sqlite_database: Database) -> None:
        def listed() -> list[Any]:
            rows: list[Any] = database().execute("SELECT worker, threads FROM workers").fetchall()
            return rows

        with Rig().working(threads=2):
            wait_until("the worker to say that it is there", listed)
            assert listed()[0][1] == 2
        assert listed() == []


class TestTimeLimit:
    """A step that runs over is shown as overdue, then interrupted, with its stack."""

    def test_a_body_that_loops_in_python_is_interrupted(
        self, database: Database, logs: Logs
    ) -> None:
        """It reaches no checkpoint: the exception is raised in its thread."""
        stopped: list[str] = []

        def spinning_body(context: StepContext) -> Mapping[str, Any]:
            try:
                while True:
                    time.sleep(0)
            except BaseException as exc:
                stopped.append(type(exc).__name__)
                raise

        rig = Rig({FIRST: spinning_body}, step_time_limit_s=0.2, lease_s=3.0)
        run_id = new_run(broker="memory")
        with rig.working():
            rig.broker.enqueue(rig.broker.get_actor(FIRST).message(run_id))
            wait_until("the run to end", lambda: run_of(run_id).ended)
            wait_until("the audit row", lambda: audits(run_id, "step.overdue"))
        assert stopped == ["StepOverdueError"]
        step = step_of(run_id, FIRST)
        assert (step.status, step.error_type) == ("failed", "time_limit")
        assert step.error_message == "It ran longer than its limit of 0.2 s."
        (row,) = audits(run_id, "step.overdue")
        assert "spinning_body" in row.data["stack"]
        (line,) = [
            line
            for line in logs.lines
            if line["event"] == "step.overdue" and "spinning_body" in line["message"]
        ]
        assert (line["run_id"], line["step"], line["attempt"]) == (run_id, FIRST, 1)
        assert step_of(run_id, SECOND).status == "skipped"

    def test_a_body_with_checkpoints_is_stopped_at_one(self, sqlite_database: Database) -> None:
        body = Until()
        rig, run_id = (
            Rig({FIRST: body}, step_time_limit_s=0.1, lease_s=3.0),
            new_run(broker="memory"),
        )
        with rig.working():
            rig.broker.enqueue(rig.broker.get_actor(FIRST).message(run_id))
            wait_until("the run to end", lambda: run_of(run_id).ended)
        assert step_of(run_id, FIRST).error_type == "time_limit"

    def test_the_end_of_a_thread_that_hangs_in_c_is_recorded_for_it(
        self, sqlite_database: Database
    ) -> None:
        """No interrupt reaches it. Its step is not started again, and its late end is fenced."""
        stuck = Stuck()
        rig = Rig({FIRST: stuck}, step_time_limit_s=0.1, lease_s=3.0, recovery_interval_s=0.1)
        run_id = new_run(broker="memory")
        with rig.working():
            rig.broker.enqueue(rig.broker.get_actor(FIRST).message(run_id))
            wait_until("the run to end", lambda: run_of(run_id).ended)
            wait_until("it to be known", rig.steps.deaf)
            assert rig.steps.only_deaf_left()
            before = step_of(run_id, FIRST)
            stuck.released.set()
            wait_until("the late thread to end", lambda: not rig.steps.active())
        assert (before.status, before.error_type, before.attempt) == ("failed", "time_limit", 1)
        assert "did not react" in (before.error_message or "")
        assert step_of(run_id, FIRST) == before
        assert events(run_id).count("step.overdue") == 1

    def test_a_thread_does_not_carry_the_interrupt_into_other_work(
        self, sqlite_database: Database
    ) -> None:
        """After an overdue step the same thread works on the next run unharmed."""
        first, second = new_run(broker="memory"), new_run(broker="memory")

        def body(context: StepContext) -> Mapping[str, Any]:
            while context.run_id == first:
                time.sleep(0)
            return {}

        rig = Rig({FIRST: body}, step_time_limit_s=0.2, lease_s=3.0)
        with rig.working(threads=1):
            for run_id in (first, second):
                rig.broker.enqueue(rig.broker.get_actor(FIRST).message(run_id))
            wait_until("both to end", lambda: run_of(first).ended and run_of(second).ended)
        assert (run_of(first).status, run_of(second).status) == ("failed", "success")


def test_a_step_that_takes_longer_than_its_lease_keeps_it(database: Database) -> None:
    """The keeper renews it from a thread of its own while the body blocks."""
    body = Stuck()
    rig = Rig({FIRST: body}, lease_s=3.0, recovery_interval_s=0.05)
    run_id = new_run(broker="memory")

    def lease() -> str:
        return step_of(run_id, FIRST).lease_expires_at or ""

    with rig.working():
        rig.broker.enqueue(rig.broker.get_actor(FIRST).message(run_id))
        assert body.started.wait(DEADLINE_S)
        first = lease()
        wait_until("the first lease to be over", lambda: first < Clock().now_iso())
        assert lease() > first
        body.released.set()
        wait_until("the run to end", lambda: run_of(run_id).ended)
    assert step_of(run_id, FIRST).attempt == 1
    assert "step.interrupted" not in events(run_id)
