"""What waits, what is held and what is nobody's, over all runs that have not ended."""

from __future__ import annotations

from collections.abc import Collection

from msgspec import Struct

from models.dao.runs import RunRow, RunsDao
from models.database.connection import ANY_OF, database

_DUE = """
SELECT r.broker, count(*), min(s.due_at) FROM runs r JOIN run_steps s ON s.run_id = r.run_id
WHERE r.status IN ('queued', 'running') AND s.status = 'pending' AND s.due_at <= ?
GROUP BY r.broker ORDER BY r.broker
"""
_HELD = """
SELECT s.run_id, s.name, s.attempt, s.worker, s.started_at, s.lease_expires_at
FROM runs r JOIN run_steps s ON s.run_id = r.run_id
WHERE r.status IN ('queued', 'running') AND s.status = 'running' ORDER BY s.started_at, s.step_id
"""
_LAPSED = "s.status = 'running' AND s.lease_expires_at < ?"
_WAITING = "s.status = 'pending' AND s.due_at < ?"
_NOBODYS = """
SELECT r.run_id FROM runs r WHERE r.status IN ('queued', 'running') AND r.held_at IS NULL
AND NOT EXISTS (
  SELECT 1 FROM run_steps s WHERE s.run_id = r.run_id
  AND (s.status = 'running' OR (s.status = 'pending' AND s.due_at IS NOT NULL)))
"""
_FAILED = """
SELECT r.run_id, r.finished_at, s.name, s.error_code, s.error_type
FROM runs r LEFT JOIN run_steps s ON s.run_id = r.run_id AND s.status = 'failed'
WHERE r.status = 'failed' AND r.finished_at >= ? ORDER BY r.finished_at DESC, r.run_id DESC
"""


class DueSteps(Struct, frozen=True):
    """How many steps of the runs of one kind of broker are due, and since when the oldest is."""

    broker: str
    count: int
    oldest_at: str


class HeldRow(Struct, frozen=True):
    """A step that is being worked on, as its row has it; times are ISO 8601 text."""

    run_id: str
    step: str
    attempt: int
    worker: str | None
    started_at: str | None
    lease_expires_at: str | None


class FailedRun(Struct, frozen=True):
    """A run that failed; the step and its error are None where none is to blame."""

    run_id: str
    finished_at: str
    step: str | None
    error_code: str | None
    error_type: str | None


class FleetDao:
    """Reads over all unfinished runs; nothing here writes."""

    @staticmethod
    def due(now: str) -> list[DueSteps]:
        """Return what is due at a time, by the kind of broker; steps put off till later are not."""
        rows = database().execute(_DUE, (now,)).fetchall()
        return [DueSteps(broker, int(count), oldest) for broker, count, oldest in rows]

    @staticmethod
    def held() -> list[HeldRow]:
        """Return every step that somebody holds, the oldest first."""
        return [HeldRow(*row) for row in database().execute(_HELD).fetchall()]

    @staticmethod
    def suspects(
        now: str, due_before: str, without_workers: Collection[str], limit: int
    ) -> list[RunRow]:
        """Return runs that may be nobody's, the oldest first, at most `limit`.

        They are those with a lease that ran out, with nothing due and nothing held, or with a
        step that has been due since `due_before` and whose kind of broker is `without_workers`.
        """
        sql = (
            "SELECT run_id FROM (SELECT r.run_id FROM runs r JOIN run_steps s"  # noqa: S608
            f" ON s.run_id = r.run_id WHERE r.status IN ('queued', 'running') AND ({_LAPSED}"
            f" OR ({_WAITING} AND r.broker {ANY_OF})) UNION {_NOBODYS}) AS suspect"
            " ORDER BY run_id LIMIT ?"
        )
        params = (now, due_before, database().many(without_workers), limit)
        return [RunsDao.get(run_id) for (run_id,) in database().execute(sql, params).fetchall()]

    @staticmethod
    def failed_since(moment: str) -> list[FailedRun]:
        """Return the runs that failed since a time, the newest first."""
        return [FailedRun(*row) for row in database().execute(_FAILED, (moment,)).fetchall()]
