"""Changes of `run_steps`: each one conditional update on the step and its attempt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from models.clock import Clock
from models.database.connection import database
from models.errors import InputError, LeaseLostError
from models.redaction import default_redactor
from models.statuses import RunStatus, StepStatus
from models.steps import STEP_NAMES, position_of, step_id_for
from models.text.canonical_json import dumps, loads
from models.text.clean import clean_error

_NEXT_PENDING = (
    "SELECT min(position) FROM run_steps WHERE run_id = ? AND position > ? AND status = 'pending'"
)
_CLAIM_VIEW = (
    "SELECT s.step_id, s.run_id, s.name, s.position, s.status, s.attempt, s.tries,"
    " s.interruptions, s.due_at, s.lease_expires_at, s.worker, s.started_at, r.status, r.args_json,"
    " r.deadline_at"
    " FROM run_steps s JOIN runs r ON r.run_id = s.run_id"
)
_CLAIM = (
    "UPDATE run_steps SET status = 'running', attempt = ?, started_at = ?, finished_at = NULL,"
    " lease_expires_at = ?, worker = ?, progress_json = NULL"
    " WHERE step_id = ? AND status = 'pending' AND attempt = ? AND due_at IS NOT NULL"
    " AND EXISTS (SELECT 1 FROM runs r WHERE r.run_id = run_steps.run_id"
    " AND r.status IN ('queued', 'running'))"
)
#: The same for the step after one that ends in this transaction: nobody else can have it.
_TAKE_NEXT = (
    "UPDATE run_steps SET status = 'running', attempt = ?, started_at = ?, finished_at = NULL,"
    " lease_expires_at = ?, worker = ?, progress_json = NULL, due_at = ?, enqueued_at = ?"
    " WHERE step_id = ? AND status = 'pending' AND attempt = ?"
)
_FINISH = (
    "UPDATE run_steps SET status = ?, finished_at = ?, stats_json = ?, error_type = ?,"
    " error_message = ?, error_code = ?, lease_expires_at = NULL, interruptions = 0"
    " WHERE step_id = ? AND attempt = coalesce(?, attempt) AND status = 'running'"
)
_RELEASE = (
    "UPDATE run_steps SET status = 'pending', due_at = ?, enqueued_at = ?, lease_expires_at = NULL,"
    " tries = ?, interruptions = ?, error_type = ?, error_message = ?, error_code = ?"
    " WHERE step_id = ? AND attempt = ? AND status = 'running'"
)
_FAIL_AS_IT_IS = (
    "UPDATE run_steps SET status = 'failed', finished_at = ?, stats_json = ?, error_type = ?,"
    " error_message = ?, error_code = ?, lease_expires_at = NULL, due_at = NULL, interruptions = 0"
    " WHERE step_id = ? AND status IN ('pending', 'running')"
)

# A tenth of the price of `StepStatus(text)`, and every claim reads them.
_STEP_STATUSES = {str(status): status for status in StepStatus}
_RUN_STATUSES = {str(status): status for status in RunStatus}


class ClaimedRow(Struct, frozen=True):
    """What a claim, or the recovery of one, needs to know about a step and its run."""

    step_id: str
    run_id: str
    name: str
    position: int
    status: StepStatus
    attempt: int
    tries: int
    interruptions: int
    due_at: str | None
    lease_expires_at: str | None
    worker: str | None
    started_at: str | None
    run_status: RunStatus
    args_json: str
    deadline_at: str | None = None

    @classmethod
    def of(cls, row: Sequence[Any]) -> ClaimedRow:
        """Return a row of `_CLAIM_VIEW`."""
        *before, status = row[:5]
        *others, run_status, args_json, deadline_at = row[5:]
        known = (_STEP_STATUSES[status], *others, _RUN_STATUSES[run_status], args_json, deadline_at)
        return cls(*before, *known)


def encode_stats(stats: Mapping[str, Any]) -> str:
    """Return a step's stats as they are stored: redacted, compact, with sorted keys."""
    redactor = default_redactor()
    return redactor.scrub_line(dumps(redactor.redact(dict(stats))))


def locking() -> str:
    """Return what locks the rows of a SELECT; SQLite's write transactions stand alone anyway."""
    return "" if database().is_sqlite else " FOR UPDATE"


class StepTransitions:
    """Claims, releases and finishes steps. Writes join the caller's transaction."""

    @staticmethod
    def for_claim(run_id: str, name: str) -> ClaimedRow | None:
        """Return a step with its run's status, or None where there is no such step."""
        sql = _CLAIM_VIEW + " WHERE s.run_id = ? AND s.name = ?"
        row = database().execute(sql, (run_id, name)).fetchone()
        return ClaimedRow.of(row) if row else None

    @staticmethod
    def running_where(condition: str, params: tuple[Any, ...]) -> list[ClaimedRow]:
        """Return running steps that meet a constant SQL condition on `s` and `r`.

        They are found through the few runs that have not ended: an index on the steps' own status
        doubled the pages that every claim and finish writes.
        """
        sql = (
            f"{_CLAIM_VIEW} WHERE r.status IN ('queued', 'running') AND s.status = 'running'"
            f" AND {condition} ORDER BY s.step_id"
        )
        return [ClaimedRow.of(row) for row in database().execute(sql, params).fetchall()]

    @staticmethod
    def claim(row: ClaimedRow, worker: str, now: str, lease_expires_at: str) -> bool:
        """Take a pending step with a new attempt; returns whether nobody was faster."""
        params = (row.attempt + 1, now, lease_expires_at, worker, row.step_id, row.attempt)
        return bool(database().execute(_CLAIM, params).rowcount)

    @staticmethod
    def take_next(row: ClaimedRow, worker: str, now: str, lease_expires_at: str) -> bool:
        """Take the step after one that has just ended; returns whether it is as `row` says."""
        params = (
            row.attempt + 1,
            now,
            lease_expires_at,
            worker,
            now,
            now,
            row.step_id,
            row.attempt,
        )
        return bool(database().execute(_TAKE_NEXT, params).rowcount)

    @classmethod
    def start(cls, run_id: str, name: str, *, worker: str = "local", lease_s: float = 15.0) -> str:
        """Start a due step by hand, without audit row, and return its id.

        Raises:
            InputError: There is no such step, or it cannot start now.
        """
        clock = Clock()
        with database().write():
            row = cls.for_claim(run_id, name)
            if row is None or not cls.claim(row, worker, clock.now_iso(), clock.now_iso(lease_s)):
                raise InputError(f"Step {name} of run {run_id} cannot start.", "See: scout show")
        return row.step_id

    @staticmethod
    def finish(
        step_id: str,
        status: StepStatus,
        stats_json: Mapping[str, Any] | str | None,
        *,
        attempt: int | None = None,
        finished_at: str | None = None,
        error_type: str | None = None,
        error_message: str | None = None,
        error_code: str | None = None,
    ) -> None:
        """End a running step.

        Args:
            step_id: The step.
            status: success, failed or cancelled.
            stats_json: What the step counted; text must come from `encode_stats`.
            attempt: The attempt that must still hold it; None takes the present one.
            finished_at: When it ended; now by default.
            error_type: The error's class name.
            error_message: What was wrong; redacted here.
            error_code: What kind of failure it is.

        Raises:
            LeaseLostError: The step is not running, or another attempt holds it.
        """
        text = stats_json if isinstance(stats_json, str) else encode_stats(stats_json or {})
        message = clean_error(error_message)
        params = (
            str(StepStatus(status)),
            finished_at or Clock().now_iso(),
            text,
            error_type,
            message,
            error_code,
            step_id,
            attempt,
        )
        if database().execute(_FINISH, params).rowcount != 1:
            raise LeaseLostError(f"Step {step_id} is no longer held by attempt {attempt}.")

    @staticmethod
    def fail_as_it_is(
        step_id: str, stats: Mapping[str, Any], finished_at: str, message: str, code: str
    ) -> None:
        """Fail a step that has not ended, whoever holds it; the code is its error's type, too."""
        params = (finished_at, encode_stats(stats), code, clean_error(message), code, step_id)
        database().execute(_FAIL_AS_IT_IS, params)

    @staticmethod
    def release(
        row: ClaimedRow,
        *,
        due_at: str,
        enqueued_at: str | None,
        tries: int,
        interruptions: int,
        error_type: str | None = None,
        error_message: str | None = None,
        error_code: str | None = None,
    ) -> bool:
        """Put a running step back to pending; returns whether that attempt still held it."""
        message = clean_error(error_message)
        params = (
            due_at,
            enqueued_at,
            tries,
            interruptions,
            error_type,
            message,
            error_code,
            row.step_id,
            row.attempt,
        )
        return bool(database().execute(_RELEASE, params).rowcount)

    @staticmethod
    def make_due(run_id: str, position: int, now: str) -> bool:
        """Let a pending step start, whose message is about to be sent; returns whether it was."""
        sql = "UPDATE run_steps SET due_at = ?, enqueued_at = ? WHERE step_id = ? AND status = 'pending'"  # noqa: E501
        return bool(database().execute(sql, (now, now, step_id_for(run_id, position))).rowcount)

    @classmethod
    def make_next_due(cls, run_id: str, position: int, now: str) -> str | None:
        """Let the next pending step after `position` start; returns its name, or None after all.

        Nearly always it is the one right after, which takes one statement.
        """
        if position < len(STEP_NAMES) and cls.make_due(run_id, position + 1, now):
            return STEP_NAMES[position]
        name = cls.next_pending(run_id, position)
        if name is None or not cls.make_due(run_id, position_of(name), now):
            return None
        return name

    @staticmethod
    def next_pending(run_id: str, position: int) -> str | None:
        """Return the name of the first pending step after `position`, or None without one."""
        found: int | None
        (found,) = database().execute(_NEXT_PENDING, (run_id, position)).fetchone()
        return None if found is None else STEP_NAMES[found - 1]

    @staticmethod
    def end_unfinished(run_id: str, status: StepStatus, reason: str, now: str) -> list[str]:
        """End every step that has not ended; returns their names in order."""
        sql = (
            "SELECT name FROM run_steps WHERE run_id = ? AND status IN ('pending', 'running')"
            " ORDER BY position"
        )
        sql += locking()
        names = [name for (name,) in database().execute(sql, (run_id,)).fetchall()]
        sql = (
            "UPDATE run_steps SET status = ?, error_type = NULL, error_code = NULL,"
            " error_message = ?, due_at = NULL,"
            " finished_at = CASE WHEN started_at > ? THEN started_at ELSE ? END,"
            " lease_expires_at = NULL WHERE run_id = ? AND status IN ('pending', 'running')"
        )
        database().execute(sql, (str(StepStatus(status)), clean_error(reason), now, now, run_id))
        return names

    @staticmethod
    def renew(step_id: str, attempt: int, lease_expires_at: str) -> bool:
        """Prolong a lease; returns whether the attempt still holds the step."""
        sql = (
            "UPDATE run_steps SET lease_expires_at = ?"
            " WHERE step_id = ? AND attempt = ? AND status = 'running'"
        )
        return bool(database().execute(sql, (lease_expires_at, step_id, attempt)).rowcount)

    @staticmethod
    def holds(step_id: str, attempt: int) -> bool:
        """Say whether the attempt holds the step; keeps it so to the end of the transaction."""
        sql = "SELECT 1 FROM run_steps WHERE step_id = ? AND attempt = ? AND status = 'running'"
        sql += "" if database().is_sqlite else " FOR SHARE"
        return database().execute(sql, (step_id, attempt)).fetchone() is not None

    @staticmethod
    def holds_now(step_id: str, attempt: int) -> bool:
        """Say whether the attempt holds the step at this moment, without locking anything."""
        sql = "SELECT 1 FROM run_steps WHERE step_id = ? AND attempt = ? AND status = 'running'"
        return database().execute(sql, (step_id, attempt)).fetchone() is not None

    @staticmethod
    def save_progress(step_id: str, attempt: int, progress: Mapping[str, Any]) -> None:
        """Store how far a running step is."""
        sql = "UPDATE run_steps SET progress_json = ? WHERE step_id = ? AND attempt = ?"
        with database().write():
            database().execute(sql, (dumps(dict(progress)), step_id, attempt))

    @staticmethod
    def progress_of(step_id: str) -> dict[str, Any]:
        """Return how far the attempt that holds a step is; empty where it has not said."""
        sql = "SELECT progress_json FROM run_steps WHERE step_id = ?"
        row = database().execute(sql, (step_id,)).fetchone()
        return dict(loads(row[0]) or {}) if row else {}
