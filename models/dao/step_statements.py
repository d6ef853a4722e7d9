"""Transitions of a step that are made in one statement, which is a transaction by itself.

A trip to PostgreSQL costs more than what is done there, and a transaction is five of them. All
parts of a statement see the same rows, so each is conditional on what the one before it changed.
SQLite has no such statements; there triggers do it (`models.dao.step_triggers`).
"""

from __future__ import annotations

from models.dao import step_triggers
from models.dao.audit import AuditDao, NewAuditRow
from models.dao.step_transitions import ClaimedRow
from models.database.connection import database


def _say(count: int, of: str = "taken") -> str:
    return AuditDao.insertion(count, f"EXISTS (SELECT 1 FROM {of})")  # noqa: S608 - constant


_CLAIM = (
    "WITH taken AS ("  # noqa: S608 - constant parts
    "UPDATE run_steps SET status = 'running', attempt = ?, started_at = ?,"
    " finished_at = NULL, lease_expires_at = ?, worker = ?, progress_json = NULL"
    " WHERE step_id = ? AND status = 'pending' AND attempt = ? AND due_at IS NOT NULL"
    " AND EXISTS (SELECT 1 FROM runs r WHERE r.run_id = run_steps.run_id"
    " AND r.status IN ('queued', 'running')) RETURNING run_id),"
    " begun AS (UPDATE runs SET status = 'running', started_at = coalesce(started_at, ?)"
    " WHERE run_id IN (SELECT run_id FROM taken) AND status = 'queued'),"
    " said AS (" + _say(1) + ")"
    " SELECT count(*) FROM taken"
)
_END = (
    "UPDATE run_steps SET status = 'success', finished_at = ?, stats_json = ?,"
    " error_type = NULL, error_message = NULL, error_code = NULL, lease_expires_at = NULL,"
    " interruptions = 0 WHERE step_id = ? AND attempt = ? AND status = 'running'"
)
#: The last line keeps the halves together: one without the other divides by zero.
_FINISH_AND_TAKE = (
    f"WITH ended AS ({_END}"  # noqa: S608 - constant parts
    " AND EXISTS (SELECT 1 FROM run_steps n WHERE n.step_id = ? AND n.status = 'pending'"
    " AND n.attempt = ?) RETURNING 1),"
    " taken AS (UPDATE run_steps SET status = 'running', attempt = ?, started_at = ?,"
    " finished_at = NULL, lease_expires_at = ?, worker = ?, progress_json = NULL, due_at = ?,"
    " enqueued_at = ? WHERE step_id = ? AND status = 'pending' AND attempt = ?"
    " AND EXISTS (SELECT 1 FROM ended) RETURNING 1),"
    " said AS (" + _say(2) + ")"
    " SELECT e / (1 - e + t) FROM (SELECT (SELECT count(*) FROM ended) AS e,"
    " (SELECT count(*) FROM taken) AS t) AS counted"
)
_FINISH_RUN = (
    f"WITH ended AS ({_END}"  # noqa: S608 - constant parts
    " AND EXISTS (SELECT 1 FROM runs r WHERE r.run_id = run_steps.run_id"
    " AND r.status IN ('queued', 'running')) RETURNING run_id),"
    " over AS (UPDATE runs SET status = 'success', finished_at = ?, stats_json = ?, error = NULL"
    " WHERE run_id IN (SELECT run_id FROM ended) AND status IN ('queued', 'running') RETURNING 1),"
    " asked AS (INSERT INTO seal_requests (run_id, asked_at) SELECT run_id, ? FROM ended),"
    " said AS (" + _say(2, "ended") + ")"
    " SELECT e / (1 - e + t) FROM (SELECT (SELECT count(*) FROM ended) AS e,"
    " (SELECT count(*) FROM over) AS t) AS counted"
)


def claim(
    row: ClaimedRow, worker: str, now: str, lease_expires_at: str, started: NewAuditRow
) -> bool:
    """Take a pending step, let its run begin, and add the audit row; False where others did."""
    attempt, step_id = row.attempt, row.step_id
    if database().is_sqlite:
        values = (attempt, now, lease_expires_at, worker, step_id, row.run_id)
        return step_triggers.trigger_claim(*values, *started)
    params = (attempt + 1, now, lease_expires_at, worker, step_id, attempt, now, *started)
    return bool(database().peewee.number_of(_CLAIM, params))


def finish_and_take(
    held: ClaimedRow,
    stats_json: str,
    finished_at: str,
    following: ClaimedRow,
    worker: str,
    now: str,
    lease_expires_at: str,
    said: tuple[NewAuditRow, NewAuditRow],
) -> bool:
    """End a step as success and take the one after it.

    Args:
        held: The step, as its attempt holds it.
        stats_json: What it counted, from `encode_stats`.
        finished_at: When it ended.
        following: The next step, as it is expected to be.
        worker: Who takes it.
        now: When.
        lease_expires_at: Until when it is held without renewing.
        said: The audit rows of the end and of the start.

    Returns:
        Whether both steps were as expected; if not, nothing was written.
    """
    attempt, step_id = following.attempt, following.step_id
    if database().is_sqlite:
        end = (finished_at, stats_json, held.step_id, held.attempt)
        start = (attempt, now, lease_expires_at, worker, step_id)
        return step_triggers.trigger_hand_on(*end, *start, *said[0], *said[1])
    ended = (finished_at, stats_json, held.step_id, held.attempt, step_id, attempt)
    taken = (attempt + 1, now, lease_expires_at, worker, now, now, step_id, attempt)
    params = (*ended, *taken, *said[0], *said[1])
    return bool(database().peewee.number_of(_FINISH_AND_TAKE, params))


def finish_run(
    held: ClaimedRow,
    stats_json: str,
    finished_at: str,
    run_stats_json: str,
    run_finished_at: str,
    said: tuple[NewAuditRow, NewAuditRow],
) -> bool:
    """End the last step of a run as success, and the run, which is to be sealed.

    Args:
        held: The step, as its attempt holds it.
        stats_json: What it counted, from `encode_stats`.
        finished_at: When it ended.
        run_stats_json: The totals of the run, from `encode_stats`.
        run_finished_at: When the run ended.
        said: The audit rows of both ends.

    Returns:
        Whether step and run were as expected; if not, nothing was written.
    """
    end = (finished_at, stats_json, held.step_id, held.attempt)
    if database().is_sqlite:
        run = (held.run_id, run_finished_at, run_stats_json)
        return step_triggers.trigger_end_run(*end, *run, *said[0], *said[1])
    params = (*end, run_finished_at, run_stats_json, run_finished_at, *said[0], *said[1])
    return bool(database().peewee.number_of(_FINISH_RUN, params))
