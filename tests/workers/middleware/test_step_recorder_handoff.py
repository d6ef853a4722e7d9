"""Whoever ends a step goes on with the run: what is called, recorded, and given back on the way."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import dramatiq
import peewee
import pytest
from dramatiq.middleware import Middleware, MiddlewareError, SkipMessage

from models.dao import step_statements
from models.dao.steps import StepsDao
from models.database import connection as db
from models.database.connection import Database
from models.errors import PermanentError, TransientError
from models.lifecycle import cancel_run
from models.log_context import WorkContext, current_work
from models.steps import STEP_NAMES
from tasks.step import StepContext
from tests.support.clock import FakeClock
from tests.support.logs import Logs
from tests.support.rig import FIRST, Rig, counting, failing
from tests.support.runs import audits, events, new_run, run_of, statuses, step_of
from tests.support.waiting import DEADLINE_S, wait_until
from workers.attempts.attempt import current_attempt

SECOND = STEP_NAMES[1]
MIDDLE = "llm_repo_analysis"
LAST = STEP_NAMES[-1]
#: The events of a run's steps and ends, whoever carried them out.
IN_ORDER = [
    ("run.created", "run"),
    *[(event, name) for name in STEP_NAMES for event in ("step.started", "step.finished")],
    ("run.finished", "run"),
]


def going_on(bodies: Mapping[str, Any] | None = None, **how: Any) -> Rig:
    """Return a rig whose threads go on with their runs."""
    return Rig(bodies, handoff="thread", **how)


class Witness(Middleware):
    """Somebody else's middleware, which notes what it sees."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str]] = []

    def before_process_message(
        self, broker: dramatiq.Broker, message: dramatiq.MessageProxy
    ) -> None:
        """Note the beginning."""
        self.seen.append(("before", message.actor_name))

    def after_process_message(
        self,
        broker: dramatiq.Broker,
        message: dramatiq.MessageProxy,
        *,
        result: Any = None,
        exception: BaseException | None = None,
    ) -> None:
        """Note the end."""
        self.seen.append(("after" if exception is None else "failed", message.actor_name))

    def after_skip_message(self, broker: dramatiq.Broker, message: dramatiq.MessageProxy) -> None:
        """Note that the actor was not called."""
        self.seen.append(("skipped", message.actor_name))

    def after_ack(self, broker: dramatiq.Broker, message: dramatiq.MessageProxy) -> None:
        """Note the acknowledgement."""
        self.seen.append(("acknowledged", message.actor_name))


def test_one_message_does_the_whole_run(database: Database) -> None:
    calls: list[str] = []
    make = counting(calls)
    rig, run_id = going_on({name: make(name) for name in STEP_NAMES}), new_run(broker="memory")
    rig.deliver(run_id, FIRST)
    assert calls == list(STEP_NAMES)
    assert rig.waiting() == []
    assert rig.acknowledged == [FIRST]
    assert [(row.event, row.scope) for row in audits(run_id)] == IN_ORDER
    steps = [step_of(run_id, name) for name in STEP_NAMES]
    assert {(step.status, step.attempt, step.tries) for step in steps} == {("success", 1, 0)}
    assert all(step.due_at and step.worker and step.lease_expires_at is None for step in steps)
    assert run_of(run_id).status == "success"
    assert run_of(run_id).stats["attempts"] == 10


def test_runs_that_have_begun_are_finished_before_others_begin(database: Database) -> None:
    """However long the queue is, no more runs are open than there are threads."""
    rig, run_ids = going_on(), [new_run(broker="memory") for _ in range(8)]
    with rig.working(threads=2):
        for run_id in run_ids:
            rig.broker.enqueue(rig.broker.get_actor(FIRST).message(run_id))
        wait_until("every run to end", lambda: all(run_of(run_id).ended for run_id in run_ids))
    open_now, most = 0, 0
    for row in audits():
        open_now += (row.event, row.scope) == ("step.started", FIRST)
        open_now -= row.event == "run.finished"
        most = max(most, open_now)
    assert open_now == 0
    assert 1 <= most <= 2


def test_rows_and_lines_are_those_of_a_run_by_messages(
    database: Database, logs: Logs, clock: FakeClock
) -> None:
    """Beside ids and durations nothing tells which way a run went."""
    ways = {}
    for handoff in ("broker", "thread"):
        rig, run_id = Rig(handoff=handoff, clock=clock), new_run(broker="memory", clock=clock)
        logs.lines.clear() if isinstance(logs.lines, list) else None
        rig.deliver(run_id, FIRST)
        rig.run_chain()
        lines = [
            (line["event"], line["step"], line["attempt"], line["message"])
            for line in logs.lines
            if line["run_id"] == run_id and line["event"]
        ]
        rows = [(row.event, row.level, row.scope, row.message, row.data) for row in audits(run_id)]
        steps = [
            (step_of(run_id, name).stats, step_of(run_id, name).progress) for name in STEP_NAMES
        ]
        ways[handoff] = (lines, rows, steps)
    assert ways["thread"] == ways["broker"]


def test_other_middleware_sees_every_step_one_after_the_other(sqlite_database: Database) -> None:
    rig, run_id, witness = going_on(), new_run(broker="memory"), Witness()
    rig.broker.add_middleware(witness)
    rig.deliver(run_id, FIRST)
    expected = [(hook, name) for name in STEP_NAMES for hook in ("before", "after")]
    assert witness.seen == [*expected, ("acknowledged", FIRST)]


def test_a_step_that_is_skipped_from_the_beginning_is_passed_over(database: Database) -> None:
    rig, run_id = going_on(), new_run(broker="memory", no_llm=True)
    rig.deliver(run_id, FIRST)
    assert statuses(run_id).count("success") == 8
    assert statuses(run_id).count("skipped") == 2
    assert run_of(run_id).status == "success"


def test_a_step_that_was_tried_before_goes_on_counting(database: Database) -> None:
    """After a resume the step that failed has an attempt already, and so may those after it."""
    from models.lifecycle import resume_run

    bodies: dict[str, Any] = {SECOND: failing(PermanentError("broken"))}
    rig, run_id = going_on(bodies), new_run(broker="memory")
    rig.deliver(run_id, FIRST)
    assert run_of(run_id).status == "failed"
    del rig.bodies[SECOND]
    rig.deliver(run_id, resume_run(run_id, who="ann"))
    assert run_of(run_id).status == "success"
    assert [step_of(run_id, name).attempt for name in STEP_NAMES] == [1, 2, *[1] * 8]


def test_a_failing_step_ends_the_run(database: Database) -> None:
    rig, run_id, witness = (
        going_on({MIDDLE: failing(PermanentError("broken"))}),
        new_run(broker="memory"),
        Witness(),
    )
    rig.broker.add_middleware(witness)
    rig.deliver(run_id, FIRST)
    assert step_of(run_id, MIDDLE).status == "failed"
    assert run_of(run_id).status == "failed"
    assert witness.seen[-2:] == [("failed", MIDDLE), ("acknowledged", FIRST)]


def test_another_try_is_a_message(database: Database) -> None:
    """It comes later; the thread does not wait for it."""
    rig, run_id = going_on({SECOND: failing(TransientError("busy"))}), new_run(broker="memory")
    rig.deliver(run_id, FIRST)
    assert [name for name, _ in rig.waiting("scout.DQ")] == [SECOND]
    assert step_of(run_id, SECOND).status == "pending"
    assert step_of(run_id, FIRST).attempt == 1


def test_a_step_can_be_woken_alone_by_a_message(database: Database) -> None:
    """As after a retry, or by hand: the thread that gets it goes on from there."""
    by_message, run_id = Rig(), new_run(broker="memory")
    by_message.deliver(run_id, FIRST)
    by_message.waiting()
    going_on().deliver(run_id, SECOND)
    assert run_of(run_id).status == "success"
    assert run_of(run_id).stats["attempts"] == 10


def test_a_second_message_in_the_middle_of_a_run_changes_nothing(database: Database) -> None:
    rig, run_id = going_on(), new_run(broker="memory")

    def body(context: StepContext) -> Mapping[str, Any]:
        thread = threading.Thread(target=_elsewhere, args=(rig, run_id))
        thread.start()
        thread.join(DEADLINE_S)
        return {}

    rig.bodies[MIDDLE] = body
    rig.deliver(run_id, FIRST)
    assert events(run_id).count("step.started") == 10
    assert events(run_id).count("step.duplicate_delivery") == 10
    assert run_of(run_id).status == "success"


def _elsewhere(rig: Rig, run_id: str) -> None:
    for name in STEP_NAMES:
        rig.deliver(run_id, name)
    db.database().close_thread()


def test_the_thread_works_on_nothing_afterwards(sqlite_database: Database) -> None:
    rig, run_id = going_on(), new_run(broker="memory")
    rig.deliver(run_id, FIRST)
    assert current_work() == WorkContext()
    assert current_attempt() is None
    assert rig.steps.active() == []


def test_each_step_has_a_context_lease_and_attempt_of_its_own(sqlite_database: Database) -> None:
    seen = []

    def body(context: StepContext) -> Mapping[str, Any]:
        work, attempt = current_work(), current_attempt()
        assert attempt is not None
        (active,) = rig.steps.active()
        assert active is attempt
        row = step_of(context.run_id, str(work.step))
        seen.append((work.step, work.attempt, row.status, row.lease_expires_at is not None))
        return {}

    rig, run_id = going_on(dict.fromkeys(STEP_NAMES, body)), new_run(broker="memory")
    rig.deliver(run_id, FIRST)
    assert seen == [(name, 1, "running", True) for name in STEP_NAMES]


def test_a_step_cancelled_while_it_runs_is_the_last(database: Database) -> None:
    def body(context: StepContext) -> Mapping[str, Any]:
        cancel_run(context.run_id, who="ann", reason="wrong query")
        return {}

    calls: list[str] = []
    rig = going_on({MIDDLE: body, LAST: counting(calls)(LAST)})
    run_id = new_run(broker="memory")
    rig.deliver(run_id, FIRST)
    assert run_of(run_id).status == "cancelled"
    assert calls == []
    assert rig.waiting() == []


class TestOneCommit:
    """The end of a step and the claim of the next one are both in the rows, or neither is."""

    def test_an_end_without_the_claim_is_not_written(
        self, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        database.wait_s = 0.0
        rig, run_id = going_on(), new_run(broker="memory")

        def broken(*_: Any) -> bool:
            raise peewee.OperationalError("disk I/O error")

        monkeypatch.setattr(StepsDao, "take_next", staticmethod(broken))
        monkeypatch.setattr(step_statements, "finish_and_take", broken)
        rig.deliver(run_id, FIRST)
        assert statuses(run_id)[:2] == ["running", "pending"]
        assert events(run_id) == ["run.created", "step.started"]


class TestShutdown:
    """A worker that stops goes on with nothing, and leaves the run where others find it."""

    def test_the_step_in_hand_ends_and_the_next_one_is_sent(self, database: Database) -> None:
        def body(context: StepContext) -> Mapping[str, Any]:
            rig.steps.stopping.set()
            return {}

        rig, run_id = going_on({MIDDLE: body}), new_run(broker="memory")
        rig.deliver(run_id, FIRST)
        after = STEP_NAMES[STEP_NAMES.index(MIDDLE) + 1]
        assert rig.waiting() == [(after, run_id)]
        assert step_of(run_id, MIDDLE).status == "success"
        assert step_of(run_id, after).attempt == 0

    def test_between_two_steps_the_next_one_is_given_back(
        self, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """SIGTERM comes when the next step is claimed and its actor not yet called."""
        calls: list[str] = []
        rig, run_id = going_on({SECOND: counting(calls)(SECOND)}), new_run(broker="memory")

        class Stops(Middleware):
            def after_process_message(self, *_: Any, **__: Any) -> None:
                worker: Any = None
                rig.steps.before_worker_shutdown(rig.broker, worker)

        rig.broker.add_middleware(Stops(), before=type(rig.steps))
        rig.deliver(run_id, FIRST)
        assert calls == []
        (row,) = audits(run_id, "step.interrupted")
        assert row.data["interruptions"] == 0
        assert step_of(run_id, SECOND).status == "pending"
        going_on().deliver(run_id, SECOND)
        assert run_of(run_id).status == "success"

    def test_a_step_that_is_held_and_not_begun_is_given_back_at_the_end(
        self, database: Database
    ) -> None:
        """The thread hangs in somebody's hook, so the grace is over before the actor is called."""
        rig, run_id = going_on(), new_run(broker="memory")

        class Hangs(Middleware):
            def after_process_message(self, *_: Any, **__: Any) -> None:
                worker: Any = None
                if run_of(run_id).status == "running" and not rig.steps.stopping.is_set():
                    rig.steps.before_worker_shutdown(rig.broker, worker)
                    rig.steps.after_worker_shutdown(rig.broker, worker)

        rig.broker.add_middleware(Hangs(), before=type(rig.steps))
        rig.deliver(run_id, FIRST)
        assert step_of(run_id, SECOND).status == "pending"
        assert events(run_id).count("step.interrupted") == 1


class Refuses(Middleware):
    """Somebody else's middleware, which keeps one step from being called, once."""

    def __init__(self, name: str, exc: Exception) -> None:
        self.name = name
        self.exc: Exception | None = exc

    def before_process_message(
        self, broker: dramatiq.Broker, message: dramatiq.MessageProxy
    ) -> None:
        """Refuse the step."""
        if message.actor_name == self.name and self.exc is not None:
            exc, self.exc = self.exc, None
            raise exc


@pytest.mark.parametrize("exc", [SkipMessage("not now"), MiddlewareError("no")], ids=repr)
@pytest.mark.parametrize("first", [True, False])
def test_a_step_that_other_middleware_refuses_is_due_again(
    database: Database, exc: Exception, first: bool
) -> None:
    """Whether it stands before Scout's or after it, the step is nobody's, and found again."""
    calls: list[str] = []
    rig, run_id = going_on({SECOND: counting(calls)(SECOND)}), new_run(broker="memory")
    place: Any = {"before": type(rig.steps)} if first else {}
    rig.broker.add_middleware(Refuses(SECOND, exc), **place)
    rig.deliver(run_id, FIRST)
    assert calls == []
    assert rig.steps.active() == []
    assert current_work() == WorkContext()
    if first:
        assert step_of(run_id, SECOND).status == "pending"
        rig.recovery().tick()
        rig.run_chain()
        assert calls == [SECOND]
        assert run_of(run_id).status == "success"
