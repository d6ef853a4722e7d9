"""What is true of a run right now, worked out from rows at read time.

A row says what was last written; a worker that died wrote nothing more. These functions compare
rows with the clock, so that every reader sees "lease expired 94 s ago" even with no worker alive.
They are pure: they read no database and no clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from models.clock import seconds_between, spoken
from models.codes import Code
from models.dao.runs import RunRow
from models.dao.steps import StepRow
from models.dao.workers import WorkerRow
from models.run_args import unknown_arguments
from models.statuses import RunStatus, State, StepStatus

#: Workers give a sign of life every 5 s; three missed ones mean that they are gone.
HEARTBEAT_TIMEOUT_S = 15.0
#: A step that is due this long without a worker to take it is stalled, not merely between two.
STALL_AFTER_S = 10.0
#: A step that is due this long beside idle threads is not merely between two messages: recovery has
#: sent several by then, with the usual SCOUT_REPEAT_AFTER_S.
MISSING_AFTER_S = 30.0


class Reading(Struct, frozen=True):
    """The true state of a run or step, and why, in words for people.

    Args:
        state: What is true; of a step also pending or skipped.
        text: The evidence; empty where the state says it all.
        step: The step that the reading is about, if one.
    """

    state: State
    text: str = ""
    step: str | None = None

    @property
    def stalled(self) -> bool:
        """Say whether nobody is working on what should be worked on."""
        return self.state is State.STALLED


def is_alive(worker: WorkerRow, now: str) -> bool:
    """Say whether a worker gave a sign of life within the last 15 seconds."""
    return seconds_between(worker.heartbeat_at, now) < HEARTBEAT_TIMEOUT_S


def live_workers(workers: Iterable[WorkerRow], now: str, broker: str | None = None) -> int:
    """Return how many worker processes are alive that take steps, of one broker or of all."""
    return sum(
        is_alive(row, now) and row.threads > 0 and broker in {None, row.broker} for row in workers
    )


def read_run(
    run: RunRow, steps: Sequence[StepRow], workers: int, now: str, time_limit_s: float
) -> Reading:
    """Return the true state of a run.

    Args:
        run: The run.
        steps: Its steps in order.
        workers: How many workers of the run's broker are alive.
        now: The time, as it is stored.
        time_limit_s: How long a step may run.
    """
    if run.ended:
        failed = failed_step(steps)
        return Reading(State(run.status), "", failed.name if failed else None)
    if run.held_at is not None:
        text = "; ".join(filter(None, (held_text(run), _lateness(run, now))))
        return Reading(State.QUEUED, text)
    unknown = unknown_arguments(run.args)
    for step in steps:
        if step.status is StepStatus.PENDING and step.due_at and unknown:
            text = f"{step.name} waits for a worker of the newer Scout that made the run: this one"
            return Reading(State.WAITING, f"{text} does not know {', '.join(unknown)}", step.name)
        if step.status is StepStatus.RUNNING or (step.status is StepStatus.PENDING and step.due_at):
            reading = read_step(step, workers, now, time_limit_s)
            unstarted = run.status is RunStatus.QUEUED and reading.state is State.RUNNING
            state = (
                State.QUEUED if unstarted and step.status is StepStatus.PENDING else reading.state
            )
            return Reading(
                state, "; ".join(filter(None, (reading.text, _lateness(run, now)))), step.name
            )
    return Reading(State.STALLED, "no step is running and none is due")


def held_text(run: RunRow) -> str:
    """Return since when a run waits for a place in its pool; empty where it does not."""
    if run.held_at is None or run.pool is None:
        return ""
    return f"waits since {time_of_day(run.held_at)} for a place in {run.pool.words}"


def _lateness(run: RunRow, now: str) -> str:
    """Return for how long a run has been late, which a worker is yet to notice."""
    late_s = seconds_between(run.deadline_at or now, now)
    return f"its deadline passed {spoken(late_s)} ago" if late_s > 0 else ""


def read_step(step: StepRow, workers: int, now: str, time_limit_s: float) -> Reading:
    """Return the true state of one step; the arguments are those of `read_run`."""
    if step.status is StepStatus.RUNNING:
        return _read_running(step, workers, now, time_limit_s)
    if step.status is StepStatus.PENDING and step.due_at:
        return _read_due(step, step.due_at, workers, now)
    return Reading(State(step.status), "", step.name)


def _read_running(step: StepRow, workers: int, now: str, time_limit_s: float) -> Reading:
    lease_left_s = seconds_between(now, step.lease_expires_at or now)
    ran_s = max(0.0, seconds_between(step.started_at or now, now))
    if lease_left_s < 0:
        text = f"lease expired {-lease_left_s:.0f} s ago, {step.name} was on {step.worker}"
        return Reading(State.STALLED, f"{text}, {worker_count(workers)}", step.name)
    if ran_s > time_limit_s:
        text = f"{step.name} runs for {ran_s:.0f} s, its limit is {time_limit_s:g} s"
        return Reading(State.OVERDUE, text, step.name)
    return Reading(State.RUNNING, f"{step.name}{_progress(step)} on {step.worker}", step.name)


def _read_due(step: StepRow, due_at: str, workers: int, now: str) -> Reading:
    late_s = seconds_between(due_at, now)
    if is_postponed(step, now):
        text = postponed_text(step.name, step.error_message or "it has to", -late_s, due_at)
        return Reading(State.WAITING, text, step.name)
    if late_s < 0:
        tries = f"{step.tries} {'try' if step.tries == 1 else 'tries'} failed, "
        text = f"{tries if step.tries else ''}next try {time_of_day(due_at)}{_last_error(step)}"
        return Reading(State.RETRYING, f"{step.name}: {text}", step.name)
    text = f"waiting for {step.name} since {time_of_day(due_at)}, {worker_count(workers)}"
    if late_s <= STALL_AFTER_S:
        return Reading(State.RUNNING, text, step.name)
    return Reading(State.WAITING if workers else State.STALLED, text, step.name)


def is_postponed(step: StepRow, now: str) -> bool:
    """Say whether a step waits, on purpose, for somebody who asked it to."""
    postponed = step.status is StepStatus.PENDING and step.code is Code.POSTPONED
    return postponed and step.due_at is not None and seconds_between(step.due_at, now) < 0


def postponed_text(name: str, reason: str, left_s: float, due_at: str) -> str:
    """Return how long a postponed step waits, until when, and for whom.

    Args:
        name: The step.
        reason: Why, as it was recorded.
        left_s: Seconds that are left.
        due_at: When it goes on.
    """
    until = f"{name} waits {spoken(left_s)}, until {time_of_day(due_at)}"
    return f"{until}: {reason.rstrip('.')}"


def failed_step(steps: Iterable[StepRow]) -> StepRow | None:
    """Return the step that failed, or None."""
    return next((step for step in steps if step.status is StepStatus.FAILED), None)


def worker_count(workers: int) -> str:
    """Return a number of workers in words."""
    return f"{workers} worker{'' if workers == 1 else 's'}"


def run_duration_ms(run: RunRow, now: str) -> float | None:
    """Return how long a run took, or has been going; None where it has not started."""
    return _duration_ms(run.started_at, run.finished_at, now)


def step_duration_ms(step: StepRow, now: str) -> float | None:
    """Return how long a step's last attempt took, or has been going; None where there is none."""
    measured = step.stats.get("duration_ms")
    if isinstance(measured, (int, float)):
        return float(measured)
    if step.status is StepStatus.RUNNING:
        return _duration_ms(step.started_at, None, now)
    if step.finished_at is None:
        return None
    return _duration_ms(step.started_at, step.finished_at, now)


def time_of_day(iso: str) -> str:
    """Return the local time of day of a stored time, as the lines of a log show it."""
    return datetime.fromisoformat(iso).astimezone().strftime("%H:%M:%S")


def _duration_ms(start: str | None, end: str | None, now: str) -> float | None:
    if start is None:
        return None
    return round(max(0.0, seconds_between(start, end or now)) * 1000, 3)


def _progress(step: StepRow) -> str:
    return f" {counted(step.progress)}" if step.progress else ""


def counted(progress: Mapping[str, Any]) -> str:
    """Return how far a step is, as every screen says it: `12/50 READMEs`.

    Args:
        progress: What the step says of its progress; an older Scout's does not say what it counts.
    """
    what = f" {progress['what']}" if progress.get("what") else ""
    return f"{progress.get('done')}/{progress.get('total')}{what}"


def _last_error(step: StepRow) -> str:
    if not step.error_type:
        return ""
    return f", last error: {step.error_type}: {step.error_message}"
