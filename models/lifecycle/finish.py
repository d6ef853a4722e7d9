"""How a step ends: success or failure.

Every ending is conditional on the attempt still holding its step; a worker that lost its lease
gets `LeaseLostError` and must not go on. A step's end and "the next step is due" are one commit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from models.audit import Journal, Prepared, prepare, transition
from models.cause import Cause
from models.clock import Clock, seconds_between
from models.codes import Code
from models.dao.steps import ClaimedRow, StepsDao, encode_stats
from models.errors import InputError, LeaseLostError
from models.events import Event
from models.lifecycle.attempt_entry import attempt_entry
from models.lifecycle.claim import Claim
from models.lifecycle.finish_run import end_run, end_run_as_failed
from models.statuses import RunStatus, StepStatus
from models.steps import STEP_NAMES
from models.text.duration import duration

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
    ending = Success.of(row, stats, finished_at, duration_ms, clock)

    def work(journal: Journal) -> str | None:
        return ending.write(journal)

    return transition(work, clock, give_up=give_up)


def finish_step(
    step_id: str, status: StepStatus, stats: Mapping[str, Any], *, clock: Clock | None = None
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
    if status not in {StepStatus.SUCCESS, StepStatus.FAILED}:
        raise InputError(f"A step cannot finish as {str(status)!r}.", "Use success or failed.")

    def work(journal: Journal) -> str | None:
        rows = StepsDao.running_where("s.step_id = ?", (step_id,))
        if not rows:
            raise LeaseLostError(f"Step {step_id} is not running.")
        started_at = rows[0].started_at or clock.now_iso()
        now = max(clock.now_iso(), started_at)
        duration_ms = round(seconds_between(started_at, now) * 1000, 3)
        if status == StepStatus.FAILED:
            cause = Cause.of("StepFailed", str(stats.get("error", "failed")))
            _fail(journal, rows[0], cause, now, duration_ms, clock)
            return None
        return Success.of(rows[0], stats, now, duration_ms, clock).write(journal)

    return transition(work, clock)


def fail_step(
    claim: Claim,
    error_type: str,
    error_message: str,
    *,
    code: Code | None = None,
    traceback: str | None = None,
    said: str = "",
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
        said: The reason that the other side gave; redacted and bounded.
        clock: Where the time comes from.
        give_up: Ends waiting for the database early.

    Raises:
        LeaseLostError: The attempt no longer holds its step; nothing was written.
        DatabaseUnavailableError: The database stayed locked or away.
    """
    clock = clock or Clock()
    finished_at, duration_ms = claim.elapsed(clock)
    cause = Cause.of(error_type, error_message, code, traceback, said)

    def work(journal: Journal) -> None:
        _fail(journal, claim.held(), cause, finished_at, duration_ms, clock)

    transition(work, clock, give_up=give_up)


class Success(Struct, frozen=True):
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
    ) -> Success:
        """Return the successful ending of the attempt that holds a step."""
        message = f"{row.name} finished in {duration(duration_ms)}."
        entry = attempt_entry(Event.STEP_FINISHED, message, row, duration_ms, {})
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
        self.write_end(journal)
        due = None
        if row.position < len(STEP_NAMES):
            due = StepsDao.make_next_due(row.run_id, row.position, self.clock.now_iso())
        if due is None:
            end_run(journal, row.run_id, RunStatus.SUCCESS, self.clock)
        return due

    def write_end(self, journal: Journal) -> None:
        """Write the end of the step and nothing of what comes after it.

        Raises:
            LeaseLostError: The attempt no longer holds it.
        """
        row = self.row
        StepsDao.finish(
            row.step_id,
            StepStatus.SUCCESS,
            self.stats_json,
            attempt=row.attempt,
            finished_at=self.finished_at,
        )
        journal.add(self.finished)


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
        StepStatus.FAILED,
        {"duration_ms": duration_ms},
        attempt=row.attempt,
        finished_at=finished_at,
        error_type=cause.error_type,
        error_message=cause.message,
        error_code=str(cause.code),
    )
    entry = attempt_entry(Event.STEP_FAILED, f"{row.name} failed: {cause}", row, duration_ms, {})
    journal.add(replace(entry, cause=cause))
    end_run_as_failed(journal, row, clock, f"{row.name}: {cause}")
