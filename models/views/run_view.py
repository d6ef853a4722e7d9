"""A run with its steps and its true state, read at one moment."""

from __future__ import annotations

from msgspec import Struct

from models.clock import Clock
from models.dao.runs import RunRow
from models.dao.steps import StepRow, StepsDao
from models.dao.workers import WorkerRow, WorkersDao
from models.settings.runtime import Settings
from models.views.run_state import Reading, live_workers, read_run
from models.views.worker_threads import BusyThread, stuck_threads_of


class RunView(Struct, frozen=True):
    """A run with its steps and its true state at one moment."""

    run: RunRow
    steps: list[StepRow]
    workers: int
    now: str
    reading: Reading
    #: Threads that do not react, in a step of the run that may be another's by now.
    stuck: tuple[BusyThread, ...] = ()


def view_run(run: RunRow, settings: Settings, workers: list[WorkerRow] | None = None) -> RunView:
    """Return a run with its steps and its true state now."""
    now = Clock().now_iso()
    rows = WorkersDao.all() if workers is None else workers
    steps = StepsDao.of_run(run.run_id)
    alive = live_workers(_who_may(run, steps, rows), now, run.broker)
    reading = read_run(run, steps, alive, now, settings.step_time_limit_s)
    stuck = stuck_threads_of(run.run_id, steps, rows, now, settings.step_time_limit_s)
    return RunView(run, steps, alive, now, reading, tuple(stuck))


def _who_may(run: RunRow, steps: list[StepRow], workers: list[WorkerRow]) -> list[WorkerRow]:
    """Return the workers that may go on with a run.

    A live run of a command is that command's own: no other spends tokens for it.
    """
    own = {step.worker for step in steps if step.worker}
    if run.broker != "memory" or run.args.get("dry") is True or not own:
        return workers
    return [row for row in workers if row.worker in own]
