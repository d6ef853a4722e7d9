"""Closing an attempt that its worker did not end, and the cap on how often that may happen."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from models.audit import Journal
from models.cause import Cause
from models.clock import Clock, seconds_between
from models.codes import Code
from models.dao.steps import ClaimedRow, StepsDao
from models.errors import LeaseLostError
from models.events import Event
from models.lifecycle.attempt_entry import attempt_entry
from models.lifecycle.crash_count import CrashCount, count_crash, restart_delay_s
from models.lifecycle.finish_run import end_run_as_failed
from models.statuses import StepStatus


def interrupt(
    journal: Journal,
    row: ClaimedRow,
    clock: Clock,
    why: str,
    *,
    counts: bool = True,
    neighbours: int = 0,
) -> bool:
    """Close a running attempt as interrupted and make its step due again.

    Args:
        journal: The transition's journal.
        row: The running step; nothing happens if its attempt no longer holds it.
        clock: Where the time comes from.
        why: What is known, completing "worker X was interrupted: …".
        counts: Whether it counts towards the crash-loop cap; a shutdown does not.
        neighbours: How many other steps the same process had in hand; any of them may be the cause.

    Returns:
        Whether this call closed the attempt.
    """
    if neighbours:
        why = f"{why}; {_company(neighbours)}"
    count = count_crash(row, counts=counts, neighbours=neighbours)
    message = f"Attempt {row.attempt} on worker {row.worker} was interrupted: {why}."
    data: dict[str, Any] = {
        "worker": row.worker,
        "reason": why,
        "started_at": row.started_at,
        "neighbours": neighbours,
        **count.to_dict(),
    }
    if counts and count.is_loop:
        return _give_up(journal, row, clock, message, data, count)
    delay_s = restart_delay_s(count.interruptions) if counts else 0.0
    released = StepsDao.release(
        row,
        due_at=clock.now_iso(delay_s),
        enqueued_at=None,
        tries=row.tries,
        interruptions=count.interruptions,
        error_type="interrupted",
        error_message=message,
        error_code=str(Code.INTERRUPTED),
    )
    if released:
        journal.add(attempt_entry(Event.STEP_INTERRUPTED, message, row, None, data))
    return released


def neighbours_of(row: ClaimedRow) -> int:
    """Return how many other steps the process that holds a step has in hand."""
    return len(StepsDao.running_where("s.worker = ?", (row.worker,))) - 1


def _company(neighbours: int) -> str:
    others = "another step" if neighbours == 1 else f"{neighbours} other steps"
    return f"its process had {others} in hand, and which was the cause is not known"


def _give_up(
    journal: Journal,
    row: ClaimedRow,
    clock: Clock,
    last: str,
    data: dict[str, Any],
    count: CrashCount,
) -> bool:
    starts = count.interruptions
    message = (
        f"{row.name} was started {starts} times in a row without reaching an end,"
        f" and was alone in its process {count.alone} times. {last}"
    )
    cause = Cause.of("crash_loop", message)
    started_at = row.started_at or clock.now_iso()
    finished_at = max(clock.now_iso(), started_at)
    duration_ms = round(seconds_between(started_at, finished_at) * 1000, 3)
    try:
        StepsDao.finish(
            row.step_id,
            StepStatus.FAILED,
            {"interruptions": starts, "duration_ms": duration_ms},
            attempt=row.attempt,
            finished_at=finished_at,
            error_type=cause.error_type,
            error_message=message,
            error_code=str(cause.code),
        )
    except LeaseLostError:
        return False
    journal.add(attempt_entry(Event.STEP_INTERRUPTED, last, row, None, data))
    failed = attempt_entry(Event.STEP_FAILED, message, row, duration_ms, {"interruptions": starts})
    journal.add(replace(failed, cause=cause))
    end_run_as_failed(journal, row, clock, f"{row.name}: {cause}")
    return True
