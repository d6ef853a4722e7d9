"""How an attempt ends: success, failure, another try later, postponed, or handed back.

Every ending is conditional on the attempt still holding its step; a worker that lost its lease
gets `LeaseLostError` and must not go on. A step's end and "the next step is due" are one commit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from models.audit import Entry, Journal, Prepared, prepare, transition
from models.cause import Cause
from models.clock import Clock, seconds_between
from models.codes import Code
from models.dao.steps import ClaimedRow, StepsDao, encode_stats
from models.database.connection import database
from models.errors import InputError, LeaseLostError
from models.events import Event
from models.lifecycle.claim import Claim
from models.lifecycle.finish_run import end_run, end_run_as_failed
from models.lifecycle.interrupt import interrupt
from models.lifecycle.no_progress import standstill
from models.steps import STEP_NAMES

GiveUp = Callable[[], bool]


def finish_claim(
    claim: Claim,
    stats: Mapping[str, Any],
    *,
    clock: Clock | None = None,
    give_up: GiveUp | None = None,
) -> str | None:
    """End an attempt as success and return the name of the step that is due now, or None.

    Raises:
        LeaseLostError: The attempt no longer holds its step; nothing was written.
        DatabaseUnavailableError: The database stayed locked or away.
    """
    clock = clock or Clock()
    row = claim.held()
    finished_at, duration_ms = claim.elapsed(clock)
    ending = _Success.of(row, stats, finished_at, duration_ms, clock)

    def work(journal: Journal) -> str | None:
        return ending.write(journal)

    return transition(work, clock, give_up=give_up)


def finish_step(
    step_id: str, status: str, stats: Mapping[str, Any], *, clock: Clock | None = None
) -> str | None:
    """End a running step by its id and return the name of the step that is due now, or None.

    Args:
        step_id: The step, as `start_step` returned it.
        status: success or failed; a failure ends the run. `stats` may hold `error`, its message.
        stats: What the step counted.
        clock: Where the time comes from.

    Raises:
        InputError: The status is neither.
        LeaseLostError: The step is not running.
    """
    clock = clock or Clock()
    if status not in {"success", "failed"}:
        raise InputError(f"A step cannot finish as {status!r}.", "Use success or failed.")

    def work(journal: Journal) -> str | None:
        rows = StepsDao.running_where("s.step_id = ?", (step_id,))
        if not rows:
            raise LeaseLostError(f"Step {step_id} is not running.")
        started_at = rows[0].started_at or clock.now_iso()
        now = max(clock.now_iso(), started_at)
        duration_ms = round(seconds_between(started_at, now) * 1000, 3)
        if status == "failed":
            cause = Cause.of("StepFailed", str(stats.get("error", "failed")))
            _fail(journal, rows[0], cause, now, duration_ms, clock)
            return None
        return _Success.of(rows[0], stats, now, duration_ms, clock).write(journal)

    return transition(work, clock)


def fail_step(
    claim: Claim,
    error_type: str,
    error_message: str,
    *,
    code: Code | None = None,
    traceback: str | None = None,
    clock: Clock | None = None,
    give_up: GiveUp | None = None,
) -> None:
    """End an attempt as failed, skip the steps after it and end the run as failed.

    Args:
        claim: The attempt.
        error_type: The class of the error, or Scout's own name of the reason.
        error_message: What was wrong, for people.
        code: What kind of failure it is; by default that of the type.
        traceback: Where an error came from that nobody foresaw; redacted and bounded.
        clock: Where the time comes from.
        give_up: Ends waiting for the database early.

    Raises:
        LeaseLostError: The attempt no longer holds its step; nothing was written.
        DatabaseUnavailableError: The database stayed locked or away.
    """
    clock = clock or Clock()
    finished_at, duration_ms = claim.elapsed(clock)
    cause = Cause.of(error_type, error_message, code, traceback)

    def work(journal: Journal) -> None:
        _fail(journal, claim.held(), cause, finished_at, duration_ms, clock)

    transition(work, clock, give_up=give_up)


def retry_step(
    claim: Claim,
    error_type: str,
    error_message: str,
    *,
    delay_s: float,
    max_tries: int,
    code: Code | None = None,
    traceback: str | None = None,
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
    cause = Cause.of(error_type, error_message, code, traceback)
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
    claim: Claim, reason: str, *, clock: Clock | None = None, give_up: GiveUp | None = None
) -> bool:
    """Give an unfinished step back at a shutdown; it counts as neither failure nor crash.

    Returns:
        Whether the attempt still held it.
    """
    clock = clock or Clock()

    def work(journal: Journal) -> bool:
        return interrupt(journal, claim.held(), clock, reason, counts=False)

    return transition(work, clock, give_up=give_up)


@dataclass(frozen=True, slots=True)
class _Again:
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
            entry = _entry(self.event, self.message, row, duration_ms, self.data)
            # A wait is no error, and its line says none.
            waits = self.cause.code is Code.POSTPONED
            journal.add(entry if waits else replace(entry, cause=self.cause))

        transition(work, clock, give_up=give_up)


@dataclass(frozen=True, slots=True)
class _Success:
    """A successful ending, redacted and encoded before the write lock is taken."""

    row: ClaimedRow
    stats_json: str
    finished_at: str
    finished: Prepared
    clock: Clock

    @classmethod
    def of(
        cls,
        row: ClaimedRow,
        stats: Mapping[str, Any],
        finished_at: str,
        duration_ms: float,
        clock: Clock,
    ) -> _Success:
        message = f"{row.name} finished in {duration_ms:.0f} ms."
        entry = _entry(Event.STEP_FINISHED, message, row, duration_ms, {})
        return cls(
            row,
            encode_stats({**stats, "duration_ms": duration_ms}),
            finished_at,
            prepare(entry, clock.now_iso()),
            clock,
        )

    def write(self, journal: Journal) -> str | None:
        """Write it and return the name of the step that is due now."""
        row = self.row
        StepsDao.finish(
            row.step_id,
            "success",
            self.stats_json,
            attempt=row.attempt,
            finished_at=self.finished_at,
        )
        journal.add(self.finished)
        due = None
        if row.position < len(STEP_NAMES):
            due = StepsDao.make_next_due(row.run_id, row.position, self.clock.now_iso())
        if due is None:
            end_run(journal, row.run_id, "success", self.clock)
        return due


def _fail(
    journal: Journal,
    row: ClaimedRow,
    cause: Cause,
    finished_at: str,
    duration_ms: float,
    clock: Clock,
) -> None:
    StepsDao.finish(
        row.step_id,
        "failed",
        {"duration_ms": duration_ms},
        attempt=row.attempt,
        finished_at=finished_at,
        error_type=cause.error_type,
        error_message=cause.message,
        error_code=str(cause.code),
    )
    entry = _entry(Event.STEP_FAILED, f"{row.name} failed: {cause}", row, duration_ms, {})
    journal.add(replace(entry, cause=cause))
    end_run_as_failed(journal, row, clock, f"{row.name}: {cause}")


def _entry(
    event: Event,
    message: str,
    row: ClaimedRow,
    duration_ms: float,
    data: Mapping[str, Any],
) -> Entry:
    return Entry(
        event=event,
        message=message,
        scope=row.name,
        run_id=row.run_id,
        step_id=row.step_id,
        attempt=row.attempt,
        duration_ms=duration_ms,
        data=data,
    )


def _lost(row: ClaimedRow) -> LeaseLostError:
    return LeaseLostError(f"Attempt {row.attempt} no longer holds {row.step_id}.")
