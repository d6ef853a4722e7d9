"""Rows of `run_steps`: every change is one conditional update on the step and its attempt."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from models.clock import Clock
from models.codes import Code, stored_code
from models.database.connection import database
from models.errors import InputError, LeaseLostError
from models.redaction import default_redactor
from models.steps import STEP_NAMES, step_id_for
from models.text.canonical_json import dumps, loads
from models.text.clean import clean_error

STEP_ENDED = ("success", "failed", "skipped", "cancelled")
#: Error type and code of a step that its run never meant to execute; `resume` leaves it alone.
NOT_PLANNED = str(Code.NOT_PLANNED)
_INSERT = (
    "INSERT INTO run_steps (step_id, run_id, name, position, status, attempt, tries,"
    " interruptions, due_at, enqueued_at) VALUES (?, ?, ?, ?, 'pending', 0, 0, 0, ?, ?)"
)
_INSERT_SKIPPED = (
    "INSERT INTO run_steps (step_id, run_id, name, position, status, attempt, tries,"
    " interruptions, finished_at, error_type, error_message, error_code)"
    " VALUES (?, ?, ?, ?, 'skipped', 0, 0, 0, ?, ?, ?, ?)"
)
_NEXT_PENDING = (
    "SELECT min(position) FROM run_steps WHERE run_id = ? AND position > ? AND status = 'pending'"
)
_CLAIM_VIEW = (
    "SELECT s.step_id, s.run_id, s.name, s.position, s.status, s.attempt, s.tries,"
    " s.interruptions, s.due_at, s.lease_expires_at, s.worker, s.started_at, r.status, r.args_json"
    " FROM run_steps s JOIN runs r ON r.run_id = s.run_id"
)
_CLAIM = (
    "UPDATE run_steps SET status = 'running', attempt = ?, started_at = ?, finished_at = NULL,"
    " lease_expires_at = ?, worker = ?, progress_json = NULL"
    " WHERE step_id = ? AND status = 'pending' AND attempt = ? AND due_at IS NOT NULL"
    " AND EXISTS (SELECT 1 FROM runs r WHERE r.run_id = run_steps.run_id"
    " AND r.status IN ('queued', 'running'))"
)
_FINISH = (
    "UPDATE run_steps SET status = ?, finished_at = ?, stats_json = ?, error_type = ?,"
    " error_message = ?, error_code = ?, lease_expires_at = NULL, interruptions = 0"
    " WHERE step_id = ? AND attempt = ? AND status = 'running'"
)
_RELEASE = (
    "UPDATE run_steps SET status = 'pending', due_at = ?, enqueued_at = ?, lease_expires_at = NULL,"
    " tries = ?, interruptions = ?, error_type = ?, error_message = ?, error_code = ?"
    " WHERE step_id = ? AND attempt = ? AND status = 'running'"
)
_ROW_COLUMNS = (
    "step_id, run_id, name, position, status, attempt, tries, interruptions, due_at, enqueued_at,"
    " started_at, finished_at, lease_expires_at, worker, progress_json, stats_json, error_type,"
    " error_message, error_code"
)


@dataclass(frozen=True, slots=True)
class StepRow:
    """A row of `run_steps` as readers see it."""

    step_id: str
    run_id: str
    name: str
    position: int
    status: str
    attempt: int
    tries: int
    interruptions: int
    due_at: str | None
    enqueued_at: str | None
    started_at: str | None
    finished_at: str | None
    lease_expires_at: str | None
    worker: str | None
    progress_json: str | None
    stats_json: str | None
    error_type: str | None
    error_message: str | None
    error_code: str | None = None

    @property
    def code(self) -> Code | None:
        """Return what kind of failure or wait the row tells of, or None where there is none."""
        return stored_code(self.error_code, self.error_type)

    @property
    def stats(self) -> dict[str, Any]:
        """Return the step's stats; empty until it has ended."""
        return dict(loads(self.stats_json) or {})

    @property
    def is_planned(self) -> bool:
        """Say whether the run means to execute this step."""
        return self.error_type != NOT_PLANNED

    @property
    def progress(self) -> dict[str, Any]:
        """Return `{done, total}` of a running step, or nothing."""
        return dict(loads(self.progress_json) or {})


@dataclass(frozen=True, slots=True)
class ClaimedRow:
    """What a claim, or the recovery of one, needs to know about a step and its run."""

    step_id: str
    run_id: str
    name: str
    position: int
    status: str
    attempt: int
    tries: int
    interruptions: int
    due_at: str | None
    lease_expires_at: str | None
    worker: str | None
    started_at: str | None
    run_status: str
    args_json: str


def encode_stats(stats: Mapping[str, Any]) -> str:
    """Return a step's stats as they are stored: redacted, compact, with sorted keys."""
    redactor = default_redactor()
    return redactor.scrub_line(dumps(redactor.redact(dict(stats))))


def _locking() -> str:
    """Return what locks the rows of a SELECT; SQLite's write transactions stand alone anyway."""
    return "" if database().is_sqlite else " FOR UPDATE"


class StepsDao:
    """Finds, claims, releases and finishes steps. Writes join the caller's transaction."""

    @staticmethod
    def create_all(
        run_id: str, now: str, left_out: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        """Insert the ten steps of a run; the first one to execute is due, its message on the way.

        Args:
            run_id: The run.
            now: The time, as it is stored.
            left_out: The steps that are skipped from the beginning, and why.
        """
        due_at: str | None = now
        for position, name in enumerate(STEP_NAMES, start=1):
            key = (step_id_for(run_id, position), run_id, name, position)
            if name in left_out:
                values = (*key, now, NOT_PLANNED, left_out[name], NOT_PLANNED)
                database().execute(_INSERT_SKIPPED, values)
            else:
                database().execute(_INSERT, (*key, due_at, due_at))
                due_at = None

    @staticmethod
    def plans_any(run_id: str, names: Collection[str]) -> bool:
        """Say whether a run means to execute one of some steps, or has executed it."""
        marks = ", ".join("?" * len(names))
        sql = (
            "SELECT count(*) FROM run_steps WHERE run_id = ? AND (error_type IS NULL"  # noqa: S608
            f" OR error_type <> ?) AND name IN ({marks})"
        )
        return bool(database().execute(sql, (run_id, NOT_PLANNED, *names)).fetchone()[0])

    @staticmethod
    def for_claim(run_id: str, name: str) -> ClaimedRow | None:
        """Return a step with its run's status, or None where there is no such step."""
        sql = _CLAIM_VIEW + " WHERE s.run_id = ? AND s.name = ?"
        row = database().execute(sql, (run_id, name)).fetchone()
        return ClaimedRow(*row) if row else None

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
        return [ClaimedRow(*row) for row in database().execute(sql, params).fetchall()]

    @staticmethod
    def claim(row: ClaimedRow, worker: str, now: str, lease_expires_at: str) -> bool:
        """Take a pending step with a new attempt; returns whether nobody was faster."""
        params = (row.attempt + 1, now, lease_expires_at, worker, row.step_id, row.attempt)
        return bool(database().execute(_CLAIM, params).rowcount)

    @staticmethod
    def start(run_id: str, name: str, *, worker: str = "local", lease_s: float = 15.0) -> str:
        """Start a due step by hand, without audit row, and return its id.

        Raises:
            InputError: There is no such step, or it cannot start now.
        """
        clock = Clock()
        with database().write():
            row = StepsDao.for_claim(run_id, name)
            if row is None or not StepsDao.claim(
                row, worker, clock.now_iso(), clock.now_iso(lease_s)
            ):
                raise InputError(f"Step {name} of run {run_id} cannot start.", "See: scout show")
        return row.step_id

    @staticmethod
    def finish(
        step_id: str,
        status: str,
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
        with database().write():
            if attempt is None:
                sql = "SELECT attempt FROM run_steps WHERE step_id = ?"
                found = database().execute(sql, (step_id,)).fetchone()
                attempt = found[0] if found else 0
            params = (
                status,
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

    @staticmethod
    def make_next_due(run_id: str, position: int, now: str) -> str | None:
        """Let the next pending step after `position` start; returns its name, or None after all.

        Nearly always it is the one right after, which takes one statement.
        """
        if position < len(STEP_NAMES) and StepsDao.make_due(run_id, position + 1, now):
            return STEP_NAMES[position]
        found: int | None
        (found,) = database().execute(_NEXT_PENDING, (run_id, position)).fetchone()
        if found is None or not StepsDao.make_due(run_id, found, now):
            return None
        return STEP_NAMES[found - 1]

    @staticmethod
    def end_unfinished(run_id: str, status: str, reason: str, now: str) -> list[str]:
        """End every step that has not ended; returns their names in order."""
        sql = (
            "SELECT name FROM run_steps WHERE run_id = ? AND status IN ('pending', 'running')"
            " ORDER BY position"
        )
        sql += _locking()
        names = [name for (name,) in database().execute(sql, (run_id,)).fetchall()]
        sql = (
            "UPDATE run_steps SET status = ?, error_type = NULL, error_code = NULL,"
            " error_message = ?, due_at = NULL,"
            " finished_at = CASE WHEN started_at > ? THEN started_at ELSE ? END,"
            " lease_expires_at = NULL WHERE run_id = ? AND status IN ('pending', 'running')"
        )
        database().execute(sql, (status, clean_error(reason), now, now, run_id))
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
    def of_run(run_id: str, *, lock: bool = False) -> list[StepRow]:
        """Return the steps of a run in canonical order; `lock` keeps them so in a transaction."""
        sql = f"SELECT {_ROW_COLUMNS} FROM run_steps WHERE run_id = ? ORDER BY position"  # noqa: S608
        sql += _locking() if lock else ""
        return [StepRow(*row) for row in database().execute(sql, (run_id,)).fetchall()]

    @staticmethod
    def busy_workers() -> list[str]:
        """Return the names of the workers that hold a step, whether alive or not."""
        sql = (
            "SELECT DISTINCT worker FROM run_steps WHERE status = 'running' AND worker IS NOT NULL"
            " ORDER BY worker"
        )
        return [worker for (worker,) in database().execute(sql).fetchall()]

    @staticmethod
    def last_end(run_id: str) -> str | None:
        """Return when the step that ended last did so, or None before the first end."""
        sql = "SELECT max(finished_at) FROM run_steps WHERE run_id = ?"
        last: str | None = database().execute(sql, (run_id,)).fetchone()[0]
        return last

    @staticmethod
    def totals(run_id: str) -> dict[str, Any]:
        """Return `{"steps": {status: count}, "attempts": total}` of a run."""
        sql = "SELECT status, count(*), sum(attempt) FROM run_steps WHERE run_id = ? GROUP BY status ORDER BY status"  # noqa: E501
        rows = database().execute(sql, (run_id,)).fetchall()
        return {
            "steps": {status: int(count) for status, count, _ in rows},
            "attempts": sum(int(attempts) for _, _, attempts in rows),
        }


__all__ = ["NOT_PLANNED", "STEP_ENDED", "ClaimedRow", "StepRow", "StepsDao", "encode_stats"]
