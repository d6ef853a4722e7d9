"""A run that has passed its deadline is failed, wherever that is noticed first.

Noticed it is when a step is claimed, when one ends, and by recovery, which also takes a step from
whoever works on it: that attempt finds its writes refused, as after a cancellation.
"""

from __future__ import annotations

from msgspec.structs import replace

from models.audit import Entry, Journal, transition
from models.cause import Cause
from models.clock import Clock, seconds_between
from models.codes import Code
from models.dao.runs import RunsDao
from models.dao.steps import StepRow, StepsDao
from models.events import Event
from models.lifecycle.finish_run import end_run, skip_rest
from models.statuses import RunStatus, StepStatus
from models.text.duration import duration


def is_past(deadline_at: str | None, clock: Clock) -> bool:
    """Say whether a run's deadline has passed; a run without one has time for ever."""
    return deadline_at is not None and deadline_at <= clock.now_iso()


def fail_late_runs(broker: str, *, clock: Clock | None = None) -> int:
    """Fail every run whose deadline has passed, and return how many there were.

    Args:
        broker: memory, redis or amqp; runs of other brokers are left alone.
        clock: Where the time comes from.
    """
    clock = clock or Clock()
    late = RunsDao.unfinished_with_deadline(broker, clock.now_iso())

    def fail(run_id: str) -> bool:
        return transition(lambda journal: fail_late_run(journal, run_id, clock), clock)

    return sum(fail(run_id) for run_id in late)


def fail_late_run(journal: Journal, run_id: str, clock: Clock) -> bool:
    """Fail the first unfinished step of a run that is late, and the run with it.

    Returns:
        Whether it was: it has not ended meanwhile, nor lost its deadline.
    """
    run = RunsDao.get(run_id)
    steps = StepsDao.of_run(run_id, lock=True)
    step = next((one for one in steps if one.is_unfinished), None)
    if run.ended or run.deadline_at is None or not is_past(run.deadline_at, clock) or step is None:
        return False
    late_ms = seconds_between(run.deadline_at, clock.now_iso()) * 1000
    message = f"The run was to end before {run.deadline_at}; that was {duration(late_ms)} ago."
    cause = Cause.of(str(Code.DEADLINE_EXCEEDED), message, Code.DEADLINE_EXCEEDED)
    journal.add(_fail(step, cause, clock))
    skip_rest(journal, run_id, StepStatus.SKIPPED, f"{step.name} failed", clock)
    end_run(journal, run_id, RunStatus.FAILED, clock, error=f"{step.name}: {cause}")
    return True


def _fail(step: StepRow, cause: Cause, clock: Clock) -> Entry:
    """Fail a step as it is, pending or running, and return what the audit log says about it."""
    was_running = step.status is StepStatus.RUNNING
    started_at = step.started_at if was_running else None
    finished_at = max(clock.now_iso(), step.started_at or "")
    duration_ms = round(seconds_between(started_at, finished_at) * 1000, 3) if started_at else None
    stats = {} if duration_ms is None else {"duration_ms": duration_ms}
    StepsDao.fail_as_it_is(step.step_id, stats, finished_at, cause.message, str(cause.code))
    entry = Entry(
        event=Event.STEP_FAILED,
        message=f"{step.name} failed: {cause}",
        scope=step.name,
        run_id=step.run_id,
        step_id=step.step_id,
        attempt=step.attempt if was_running else None,
        duration_ms=duration_ms,
    )
    return replace(entry, cause=cause)
