"""What the threads of live workers have in hand, and which of them are stuck.

Two sources are put together: the rows of steps that are held now, and what each worker said of its
threads with its last sign of life. A thread that does not react loses its step, which others then
do; only the worker itself still knows of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from msgspec import Struct

from models.clock import seconds_between, spoken
from models.dao.fleet import HeldRow
from models.dao.steps import StepRow
from models.dao.workers import HeldStep, WorkerRow
from models.statuses import State, StepStatus
from models.views.run_state import is_alive

#: A step that neither saves anything nor gets further for this part of its limit does not move.
STILL_SHARE = 1 / 3


class BusyThread(Struct, frozen=True):
    """One thread of a worker and the step that it works on.

    Args:
        worker: The worker process.
        run_id: The run.
        step: The step.
        attempt: Which attempt at it.
        held_s: For how long it has had the step.
        still_s: For how long nothing has moved; None where that is not known.
        state: running; overdue: past its time limit, or nothing has moved for long; stalled:
            past its lease or told to stop, and not reacting.
    """

    worker: str
    run_id: str
    step: str
    attempt: int
    held_s: float
    still_s: float | None
    state: State

    @property
    def stuck(self) -> bool:
        """Say whether the thread is as good as lost."""
        return self.state is not State.RUNNING

    @property
    def text(self) -> str:
        """Return what it does, in words for people."""
        held = f"{self.step} of run {self.run_id} (attempt {self.attempt})"
        held += f" for {spoken(self.held_s)}"
        if self.stuck and self.still_s is not None:
            held += f", nothing new for {spoken(self.still_s)}"
        return held

    def to_dict(self) -> dict[str, Any]:
        """Return the thread as JSON-like data."""
        return {
            "run_id": self.run_id,
            "step": self.step,
            "attempt": self.attempt,
            "held_s": round(self.held_s, 1),
            "still_s": None if self.still_s is None else round(self.still_s, 1),
            "state": self.state,
            "stuck": self.stuck,
        }


class LiveWorker(Struct, frozen=True):
    """A worker process that gave a sign of life, and its busy threads, the longest first."""

    row: WorkerRow
    heartbeat_age_s: float
    busy: tuple[BusyThread, ...]

    @property
    def stuck(self) -> list[BusyThread]:
        """Return the threads that are as good as lost."""
        return [thread for thread in self.busy if thread.stuck]

    @property
    def all_stuck(self) -> bool:
        """Say whether no thread is left that works."""
        return 0 < self.row.threads <= len(self.stuck)

    def to_dict(self) -> dict[str, Any]:
        """Return the worker as JSON-like data."""
        return {
            "worker": self.row.worker,
            "host": self.row.host,
            "pid": self.row.pid,
            "broker": self.row.broker,
            "started_at": self.row.started_at,
            "heartbeat_age_s": round(self.heartbeat_age_s, 1),
            "threads": self.row.threads,
            "busy": len(self.busy),
            "stuck": len(self.stuck),
            "broker_error": self.row.broker_error,
            "holds": [thread.to_dict() for thread in self.busy],
        }


class ThreadCount(Struct, frozen=True):
    """How many threads there are, how many have a step in hand, and how many of these are stuck.

    Where no messages come to any of their workers, broker_error says why; else it is empty.
    """

    count: int
    busy: int
    stuck: int
    broker_error: str = ""


def count_threads(workers: Iterable[LiveWorker], broker: str) -> ThreadCount:
    """Count the threads of the live workers of one kind of broker."""
    of_kind = [one for one in workers if one.row.broker == broker]
    errors = [one.row.broker_error or "" for one in of_kind if one.row.threads]
    return ThreadCount(
        sum(one.row.threads for one in of_kind),
        sum(len(one.busy) for one in of_kind),
        sum(len(one.stuck) for one in of_kind),
        errors[0] if errors and all(errors) else "",
    )


def view_workers(
    workers: Iterable[WorkerRow], held: Iterable[HeldRow], now: str, time_limit_s: float
) -> list[LiveWorker]:
    """Return the workers that are alive, by name, with what their threads have in hand.

    Args:
        workers: Every worker on record.
        held: Every step that somebody holds.
        now: The time, as it is stored.
        time_limit_s: How long a step may run.
    """
    of_worker: dict[str, list[HeldRow]] = {}
    for row in held:
        of_worker.setdefault(row.worker or "", []).append(row)
    return [
        LiveWorker(
            worker,
            seconds_between(worker.heartbeat_at, now),
            _threads(worker, of_worker.get(worker.worker, []), now, time_limit_s),
        )
        for worker in sorted(workers, key=lambda one: one.worker)
        if is_alive(worker, now)
    ]


def _threads(
    worker: WorkerRow, rows: Sequence[HeldRow], now: str, time_limit_s: float
) -> tuple[BusyThread, ...]:
    said = {(one.run_id, one.step, one.attempt): one for one in worker.held}
    threads = [
        *_held(worker, rows, said, now, time_limit_s),
        # What ended in good order since the sign of life is neither held nor stuck.
        *(_lost(worker, one, now) for one in said.values() if one.stuck),
    ]
    return tuple(sorted(threads, key=lambda one: (-one.held_s, one.run_id)))


def _held(
    worker: WorkerRow,
    rows: Iterable[HeldRow],
    said: dict[tuple[str, str, int], HeldStep],
    now: str,
    time_limit_s: float,
) -> Iterator[BusyThread]:
    for row in rows:
        own = said.pop((row.run_id, row.step, row.attempt), None)
        held_s = max(0.0, seconds_between(row.started_at or now, now))
        still_s = max(0.0, seconds_between(own.moved_at, now)) if own else None
        state = State.RUNNING
        if held_s > time_limit_s or (still_s or 0.0) > time_limit_s * STILL_SHARE:
            state = State.OVERDUE
        if seconds_between(now, row.lease_expires_at or now) < 0 or (own and own.stuck):
            state = State.STALLED
        yield BusyThread(worker.worker, row.run_id, row.step, row.attempt, held_s, still_s, state)


def _lost(worker: WorkerRow, one: HeldStep, now: str) -> BusyThread:
    held_s = max(0.0, seconds_between(one.started_at, now))
    still_s = max(0.0, seconds_between(one.moved_at, now))
    return BusyThread(
        worker.worker, one.run_id, one.step, one.attempt, held_s, still_s, State.STALLED
    )


def stuck_threads_of(
    run_id: str,
    steps: Iterable[StepRow],
    workers: Iterable[WorkerRow],
    now: str,
    time_limit_s: float,
) -> list[BusyThread]:
    """Return the threads that are stuck in a step of one run, whoever has the step by now.

    Args:
        run_id: The run.
        steps: Its steps.
        workers: Every worker on record.
        now: The time, as it is stored.
        time_limit_s: How long a step may run.
    """
    held = [
        HeldRow(run_id, one.name, one.attempt, one.worker, one.started_at, one.lease_expires_at)
        for one in steps
        if one.status is StepStatus.RUNNING
    ]
    live = view_workers(workers, held, now, time_limit_s)
    return [thread for worker in live for thread in worker.stuck if thread.run_id == run_id]
