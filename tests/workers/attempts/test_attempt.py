"""A worker that lost its step changes nothing more: taken over, cancelled, or paused too long."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from models.database.connection import Database, database
from models.events import Event
from models.lifecycle import cancel_run, expire_leases, resume_run
from models.steps import STEP_NAMES
from tasks.step import StepContext
from tests.support.logs import Logs
from tests.support.rig import FIRST, Rig
from tests.support.runs import audits, events, everything, new_run, run_of, step_of
from tests.support.waiting import wait_until
from workers.attempts.interrupts import StepInterruptError, StepLostError

SECOND = STEP_NAMES[1]
Loss = Callable[[str], None]


def taken_over(run_id: str) -> None:
    """Let the lease run out, and another worker do the step."""
    database().transact(
        lambda: database().execute(
            "UPDATE run_steps SET lease_expires_at = '2020-01-01T00:00:00.000000Z'"
            " WHERE run_id = ? AND status = 'running'",
            (run_id,),
        )
    )
    Rig().deliver(run_id, FIRST)


def handed_out(run_id: str) -> None:
    """Let the lease run out and recovery close the attempt; nobody has the step now."""
    database().transact(
        lambda: database().execute(
            "UPDATE run_steps SET lease_expires_at = '2020-01-01T00:00:00.000000Z'"
            " WHERE run_id = ? AND status = 'running'",
            (run_id,),
        )
    )
    assert expire_leases("memory") == 1


def cancelled(run_id: str) -> None:
    """Cancel the run."""
    assert cancel_run(run_id, who="ann", reason="wrong query")


def cancelled_and_resumed(run_id: str) -> None:
    """Cancel the run and open it again: the step is pending, but not this attempt's."""
    cancelled(run_id)
    resume_run(run_id, who="ann")


LOSSES = [taken_over, handed_out, cancelled, cancelled_and_resumed]


@pytest.fixture(params=LOSSES, ids=lambda loss: loss.__name__)
def lose(request: pytest.FixtureRequest) -> Loss:
    """Return each way in which a worker loses the step that it works on."""
    loss: Loss = request.param
    return loss


class TestAfterTheLoss:
    """Whatever the body does then, the rows stay as they were."""

    def unchanged_by(self, lose: Loss, act: Callable[[StepContext], Any]) -> tuple[Rig, list[Any]]:
        """Lose the step in its body, do something, and check that no row changed by it."""
        raised: list[Any] = []
        before: dict[str, Any] = {}

        def body(context: StepContext) -> Mapping[str, Any]:
            lose(context.run_id)
            before.update(everything(database()))
            try:
                act(context)
            except StepInterruptError as exc:
                raised.append(exc)
                raise
            return {"done": 1}

        rig, run_id = Rig({FIRST: body}), new_run(broker="memory")
        rig.deliver(run_id, FIRST)
        assert everything(database()) == before
        assert rig.waiting() == [], "it must not hand on"
        assert rig.steps.active() == []
        return rig, raised

    def test_saving_raises_and_writes_nothing(self, database: Database, lose: Loss) -> None:
        def save(context: StepContext) -> None:
            context.record.save(lambda: database.execute("UPDATE runs SET error = 'late'"))

        _, raised = self.unchanged_by(lose, save)
        assert [type(exc) for exc in raised] == [StepLostError]

    def test_an_audit_row_is_not_written(self, database: Database, lose: Loss) -> None:
        _, raised = self.unchanged_by(
            lose, lambda context: context.record.audit(Event.REPO_HYDRATE_STARTED, "late")
        )
        assert [type(exc) for exc in raised] == [StepLostError]

    def test_progress_is_not_stored(self, sqlite_database: Database, lose: Loss) -> None:
        def report(context: StepContext) -> None:
            context.record._progress_s = float("-inf")  # type: ignore[attr-defined]
            context.record.progress(1, 2)

        _, raised = self.unchanged_by(lose, report)
        assert [type(exc) for exc in raised] == [StepLostError]

    def test_a_success_is_not_recorded(self, database: Database, lose: Loss, logs: Logs) -> None:
        """The body notices nothing and returns its stats."""
        self.unchanged_by(lose, lambda context: None)
        (line,) = [line for line in logs.lines if line["event"] == "step.lease_lost"]
        assert line["step"] == FIRST

    def test_a_failure_is_not_recorded(self, sqlite_database: Database, lose: Loss) -> None:
        def fail(context: StepContext) -> None:
            raise ValueError("after the loss")

        self.unchanged_by(lose, fail)

    def test_a_retry_is_not_recorded(self, sqlite_database: Database, lose: Loss) -> None:
        def fail(context: StepContext) -> None:
            raise TimeoutError("after the loss")

        self.unchanged_by(lose, fail)

    def test_the_next_checkpoint_stops_once_a_write_has_shown_the_loss(
        self, sqlite_database: Database, lose: Loss
    ) -> None:
        def swallow(context: StepContext) -> None:
            with contextlib.suppress(BaseException):  # as bad as a body can be
                context.record.audit(Event.REPO_HYDRATE_STARTED, "late")
            context.record.checkpoint()

        _, raised = self.unchanged_by(lose, swallow)
        assert [type(exc) for exc in raised] == [StepLostError]

    def test_the_keeper_notices_and_stops_the_body_at_its_next_checkpoint(
        self, sqlite_database: Database, lose: Loss
    ) -> None:
        def tick_and_check(context: StepContext) -> None:
            rig_of[0].keeper()._renew(rig_of[0].steps.active()[0])
            context.record.checkpoint()

        rig_of: list[Rig] = []
        raised: list[BaseException] = []

        def body(context: StepContext) -> Mapping[str, Any]:
            lose(context.run_id)
            try:
                tick_and_check(context)
            except StepLostError as exc:
                raised.append(exc)
                raise
            return {}

        rig_of.append(Rig({FIRST: body}))
        rig_of[0].deliver(new_run(broker="memory"), FIRST)
        assert len(raised) == 1


def test_two_attempts_at_a_step_leave_one_end(database: Database) -> None:
    """The paused worker and the one that took over both come to their end."""
    paused_end: list[str] = []

    def paused(context: StepContext) -> Mapping[str, Any]:
        taken_over(context.run_id)
        paused_end.append("reached")
        return {"who": "paused"}

    rig, run_id = Rig({FIRST: paused}), new_run(broker="memory")
    rig.deliver(run_id, FIRST)
    assert paused_end == ["reached"]
    step = step_of(run_id, FIRST)
    assert (step.status, step.attempt) == ("success", 2)
    assert "who" not in step.stats
    assert events(run_id).count("step.finished") == 1
    (row,) = audits(run_id, "step.interrupted")
    assert row.data["attempt"] == 1


def test_cancel_stops_a_running_step_at_its_next_checkpoint(database: Database) -> None:
    """Real threads: the keeper sees the cancel, and nothing runs after it."""
    calls: list[int] = []

    def body(context: StepContext) -> Mapping[str, Any]:
        while True:
            calls.append(1)
            context.record.checkpoint()

    rig, run_id = Rig({FIRST: body}, lease_s=3.0), new_run(broker="memory")
    with rig.working():
        rig.broker.enqueue(rig.broker.get_actor(FIRST).message(run_id))
        wait_until("the step to run", lambda: len(calls) > 10)
        cancel_run(run_id, who="ann", reason="wrong query")
        wait_until("the body to stop", lambda: not rig.steps.active())
        rig.broker.join("scout")
    assert run_of(run_id).status == "cancelled"
    assert {step_of(run_id, name).status for name in STEP_NAMES} == {"cancelled"}
    tail = events(run_id)[-1]
    assert tail == "run.cancelled"


def test_a_cancelled_run_is_not_revived_by_recovery(sqlite_database: Database) -> None:
    rig, run_id = Rig(repeat_after_s=0.0), new_run(broker="memory")
    rig.deliver(run_id, FIRST)
    cancel_run(run_id, who="ann", reason="x")
    rig.waiting()
    before = everything(database())
    rig.recovery().tick()
    assert rig.waiting() == []
    assert everything(database()) == before
