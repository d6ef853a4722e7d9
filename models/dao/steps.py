"""Rows of `run_steps`: made with their run, and read."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from msgspec import Struct

from models.codes import Code, stored_code
from models.dao.step_transitions import ClaimedRow, StepTransitions, encode_stats, locking
from models.database.connection import ANY_OF, database
from models.statuses import StepStatus
from models.steps import STEP_NAMES, step_id_for
from models.text.canonical_json import loads

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
_ROW_COLUMNS = (
    "step_id, run_id, name, position, status, attempt, tries, interruptions, due_at, enqueued_at,"
    " started_at, finished_at, lease_expires_at, worker, progress_json, stats_json, error_type,"
    " error_message, error_code"
)


class StepRow(Struct, frozen=True):
    """A row of `run_steps` as readers see it."""

    step_id: str
    run_id: str
    name: str
    position: int
    status: StepStatus
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

    @classmethod
    def of(cls, row: Sequence[Any]) -> StepRow:
        """Return a row of `_ROW_COLUMNS`."""
        step_id, run_id, name, position, status, *others = row
        return cls(step_id, run_id, name, position, StepStatus(status), *others)

    @property
    def stats(self) -> dict[str, Any]:
        """Return the step's stats; empty until it has ended."""
        return dict(loads(self.stats_json) or {})

    @property
    def is_planned(self) -> bool:
        """Say whether the run means to execute this step."""
        return self.error_type != NOT_PLANNED

    @property
    def is_unfinished(self) -> bool:
        """Say whether something is yet to be done for it."""
        return self.status in {StepStatus.PENDING, StepStatus.RUNNING}

    @property
    def progress(self) -> dict[str, Any]:
        """Return `{done, total}` of a running step, or nothing."""
        return dict(loads(self.progress_json) or {})


class StepsDao(StepTransitions):
    """Makes and reads steps; how they change is inherited."""

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
        sql = (
            "SELECT count(*) FROM run_steps WHERE run_id = ? AND (error_type IS NULL"  # noqa: S608
            f" OR error_type <> ?) AND name {ANY_OF}"
        )
        params = (run_id, NOT_PLANNED, database().many(names))
        return bool(database().execute(sql, params).fetchone()[0])

    @staticmethod
    def of_run(run_id: str, *, lock: bool = False) -> list[StepRow]:
        """Return the steps of a run in canonical order; `lock` keeps them so in a transaction."""
        sql = f"SELECT {_ROW_COLUMNS} FROM run_steps WHERE run_id = ? ORDER BY position"  # noqa: S608
        sql += locking() if lock else ""
        return [StepRow.of(row) for row in database().execute(sql, (run_id,)).fetchall()]

    @staticmethod
    def stats_of(run_id: str, name: str) -> dict[str, Any]:
        """Return the stats of a run's step; empty until it has ended."""
        sql = "SELECT stats_json FROM run_steps WHERE run_id = ? AND name = ?"
        rows = database().rows(sql, (run_id, name))
        return dict(loads(rows[0][0]) or {}) if rows else {}

    @staticmethod
    def busy_workers() -> list[str]:
        """Return the names of the workers that hold a step, whether alive or not."""
        sql = (
            "SELECT DISTINCT worker FROM run_steps WHERE status = 'running' AND worker IS NOT NULL"
            " ORDER BY worker"
        )
        return [worker for (worker,) in database().execute(sql).fetchall()]

    @staticmethod
    def others_wait(broker: str, run_id: str, before: str, priority: int = 0) -> bool:
        """Say whether a step of another run on that kind of broker has been due since `before`.

        Runs that are less urgent than `priority` do not count.
        """
        sql = (
            "SELECT 1 FROM runs r JOIN run_steps s ON s.run_id = r.run_id"
            " WHERE r.status IN ('queued', 'running') AND r.broker = ? AND r.run_id <> ?"
            " AND s.status = 'pending' AND s.due_at < ? AND coalesce(r.priority, 0) >= ? LIMIT 1"
        )
        params = (broker, run_id, before, priority)
        return database().execute(sql, params).fetchone() is not None


__all__ = ["NOT_PLANNED", "ClaimedRow", "StepRow", "StepsDao", "encode_stats"]
