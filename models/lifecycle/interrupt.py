"""Closing an attempt that its worker did not end, and the cap on how often that may happen."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from models.audit import Journal
from models.backoff import Backoff
from models.cause import Cause
from models.clock import Clock, seconds_between
from models.codes import Code
from models.dao.steps import ClaimedRow, StepsDao
from models.errors import LeaseLostError
from models.events import Event
from models.lifecycle.attempt_entry import attempt_entry
from models.lifecycle.finish_run import end_run_as_failed
from models.statuses import StepStatus

#: Starts of one step in a row without an end before it is given up as a crash loop. With the
#: delays below that takes four minutes: a step that had bad neighbours or a bad moment is not
#: given up, one that kills its worker is.
MAX_INTERRUPTIONS = 12
#: Interruptions in a row after which the step starts again at once; then ever later.
AT_ONCE = 2
LONGEST_DELAY_S = 60.0
_BACKOFF = Backoff(first_s=1.0, longest_s=LONGEST_DELAY_S)


def interrupt(
    journal: Journal, row: ClaimedRow, clock: Clock, why: str, *, counts: bool = True
) -> bool:
    """Close a running attempt as interrupted and make its step due again.

    Args:
        journal: The transition's journal.
        row: The running step; nothing happens if its attempt no longer holds it.
        clock: Where the time comes from.
        why: What is known, completing "worker X was interrupted: …".
        counts: Whether it counts towards the crash-loop cap; a shutdown does not.

    Returns:
        Whether this call closed the attempt.
    """
    interruptions = row.interruptions + (1 if counts else 0)
    message = f"Attempt {row.attempt} on worker {row.worker} was interrupted: {why}."
    data: dict[str, Any] = {
        "worker": row.worker,
        "reason": why,
        "interruptions": interruptions,
        "started_at": row.started_at,
    }
    if counts and interruptions >= MAX_INTERRUPTIONS:
        return _give_up(journal, row, clock, message, data)
    delay_s = restart_delay_s(interruptions) if counts else 0.0
    released = StepsDao.release(
        row,
        due_at=clock.now_iso(delay_s),
        enqueued_at=None,
        tries=row.tries,
        interruptions=interruptions,
        error_type="interrupted",
        error_message=message,
        error_code=str(Code.INTERRUPTED),
    )
    if released:
        journal.add(attempt_entry(Event.STEP_INTERRUPTED, message, row, None, data))
    return released


def restart_delay_s(interruptions: int) -> float:
    """Return how long a step waits after so many interruptions in a row."""
    return _BACKOFF.delay_s(interruptions - AT_ONCE) if interruptions > AT_ONCE else 0.0


def _give_up(
    journal: Journal, row: ClaimedRow, clock: Clock, last: str, data: dict[str, Any]
) -> bool:
    count = data["interruptions"]
    message = f"{row.name} was started {count} times in a row without reaching an end. {last}"
    cause = Cause.of("crash_loop", message)
    started_at = row.started_at or clock.now_iso()
    finished_at = max(clock.now_iso(), started_at)
    duration_ms = round(seconds_between(started_at, finished_at) * 1000, 3)
    try:
        StepsDao.finish(
            row.step_id,
            StepStatus.FAILED,
            {"interruptions": count, "duration_ms": duration_ms},
            attempt=row.attempt,
            finished_at=finished_at,
            error_type=cause.error_type,
            error_message=message,
            error_code=str(cause.code),
        )
    except LeaseLostError:
        return False
    journal.add(attempt_entry(Event.STEP_INTERRUPTED, last, row, None, data))
    failed = attempt_entry(Event.STEP_FAILED, message, row, duration_ms, {"interruptions": count})
    journal.add(replace(failed, cause=cause))
    end_run_as_failed(journal, row, clock, f"{row.name}: {cause}")
    return True
