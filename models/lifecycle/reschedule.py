"""How an attempt ends without its step: tried again later, postponed, or handed back.

Every ending is conditional on the attempt still holding its step, as those of
`models.lifecycle.finish` are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from models.audit import Journal, transition
from models.cause import Cause
from models.clock import Clock
from models.codes import Code
from models.dao.steps import ClaimedRow, StepsDao
from models.database.connection import database
from models.errors import LeaseLostError
from models.events import Event
from models.lifecycle.attempt_entry import attempt_entry
from models.lifecycle.claim import Claim
from models.lifecycle.finish import GiveUp, fail_step
from models.lifecycle.interrupt import interrupt
from models.lifecycle.no_progress import standstill


def retry_step(
    claim: Claim,
    error_type: str,
    error_message: str,
    *,
    delay_s: float,
    max_tries: int,
    code: Code | None = None,
    traceback: str | None = None,
    said: str = "",
    clock: Clock | None = None,
    give_up: GiveUp | None = None,
) -> None:
    """Put a step that failed for a passing reason back to pending, due after `delay_s` seconds.

    The error is described as for `fail_step`.

    Raises:
        LeaseLostError: The attempt no longer holds its step; nothing was written.
        DatabaseUnavailableError: The database stayed locked or away.
    """
    clock = clock or Clock()
    due_at = clock.now_iso(delay_s)
    tries = claim.row.tries + 1
    cause = Cause.of(error_type, error_message, code, traceback, said)
    message = (
        f"{claim.name}: try {tries}/{max_tries} failed, next try {due_at[11:19]}Z, "
        f"last error: {cause}"
    )
    data = {"next_try_at": due_at, "try": tries, "of": max_tries}
    again = _Again(Event.STEP_RETRYING, message, data, due_at, tries, cause)
    again.record(claim, clock, give_up)


def postpone_step(
    claim: Claim,
    reason: str,
    *,
    delay_s: float,
    done: int = 0,
    total: int = 0,
    clock: Clock | None = None,
    give_up: GiveUp | None = None,
) -> bool:
    """Put a step that must wait for long back to pending, due after `delay_s` seconds.

    It counts as neither a failed try nor an interruption. A step that got no further through many
    postponements in a row is ended as failed instead (`models.lifecycle.no_progress`).

    Args:
        claim: The attempt.
        reason: What it waits for, for people.
        delay_s: Seconds until it goes on.
        done: Units that are done, and `total`, all of them, as the attempt said last.
        total: See `done`.
        clock: Where the time comes from.
        give_up: Ends waiting for the database early.

    Returns:
        Whether it goes on; False where it was ended as failed.

    Raises:
        LeaseLostError: The attempt no longer holds its step; nothing was written.
        DatabaseUnavailableError: The database stayed locked or away.
    """
    clock = clock or Clock()
    row, now = claim.held(), clock.now_iso()
    still = database().reading(lambda: standstill(row, done, total, now), give_up=give_up)
    if still.is_too_long(now):
        failure = still.failure(row, reason, now)
        fail_step(claim, "postponed_in_vain", failure, clock=clock, give_up=give_up)
        return False
    due_at = clock.now_iso(delay_s)
    message = f"{claim.name} goes on at {due_at[11:19]}Z: {reason}"
    data = {"reason": reason, "due_at": due_at, "delay_ms": round(delay_s * 1000)}
    data |= still.to_dict()
    cause = Cause.of("postponed", reason)
    again = _Again(Event.STEP_POSTPONED, message, data, due_at, claim.row.tries, cause)
    again.record(claim, clock, give_up)
    return True


def hand_back(
    claim: Claim,
    reason: str,
    *,
    suspects: int | None = None,
    clock: Clock | None = None,
    give_up: GiveUp | None = None,
) -> bool:
    """Give an unfinished step back at a shutdown; it counts as neither failure nor crash.

    Args:
        claim: The attempt.
        reason: Why, as a clause.
        suspects: How many steps may have brought the shutdown about, this one among them, where
            nobody asked for it: then it counts as a crash does.
        clock: Where the time comes from.
        give_up: Ends waiting for the database early.

    Returns:
        Whether the attempt still held it.
    """
    clock = clock or Clock()

    def work(journal: Journal) -> bool:
        counts, neighbours = suspects is not None, max(suspects or 0, 1) - 1
        return interrupt(journal, claim.held(), clock, reason, counts=counts, neighbours=neighbours)

    return transition(work, clock, give_up=give_up)


class _Again(Struct, frozen=True):
    """An attempt that ended without its step: the step is pending again, due at a later time."""

    event: Event
    message: str
    data: Mapping[str, Any]
    due_at: str
    tries: int
    cause: Cause

    def record(self, claim: Claim, clock: Clock, give_up: GiveUp | None) -> None:
        """Write it, if the attempt still holds its step."""
        row = claim.held()
        _, duration_ms = claim.elapsed(clock)

        def work(journal: Journal) -> None:
            released = StepsDao.release(
                row,
                due_at=self.due_at,
                enqueued_at=self.due_at,
                tries=self.tries,
                interruptions=0,
                error_type=self.cause.error_type,
                error_message=self.cause.message,
                error_code=str(self.cause.code),
            )
            if not released:
                raise _lost(row)
            entry = attempt_entry(self.event, self.message, row, duration_ms, self.data)
            # A wait is no error, and its line says none.
            waits = self.cause.code is Code.POSTPONED
            journal.add(entry if waits else replace(entry, cause=self.cause))

        transition(work, clock, give_up=give_up)


def _lost(row: ClaimedRow) -> LeaseLostError:
    return LeaseLostError(f"Attempt {row.attempt} no longer holds {row.step_id}.")
