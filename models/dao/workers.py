"""Rows of `workers`: every process that works, and its last sign of life."""

from __future__ import annotations

from dataclasses import astuple, dataclass

from models.database.connection import database
from models.database.like_patterns import starting_with

_BEAT = (
    "INSERT INTO workers (worker, host, pid, broker, threads, started_at, heartbeat_at)"
    " VALUES (?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (worker) DO UPDATE SET heartbeat_at = excluded.heartbeat_at"
)


@dataclass(frozen=True, slots=True)
class WorkerRow:
    """A row of `workers`; times are ISO 8601 text."""

    worker: str
    host: str
    pid: int
    broker: str
    threads: int
    started_at: str
    heartbeat_at: str


class WorkersDao:
    """Says who is there. Methods that write join the caller's transaction."""

    @staticmethod
    def all() -> list[WorkerRow]:
        """Return every worker process that is on record, the newest sign of life first."""
        sql = (
            "SELECT worker, host, pid, broker, threads, started_at, heartbeat_at FROM workers"
            " ORDER BY heartbeat_at DESC, worker"
        )
        return [WorkerRow(*row) for row in database().execute(sql).fetchall()]

    @staticmethod
    def beat(row: WorkerRow) -> None:
        """Store a worker, or its new sign of life."""
        database().execute(_BEAT, astuple(row))

    @staticmethod
    def remove(worker: str) -> None:
        """Take a worker that has ended off the record."""
        database().execute("DELETE FROM workers WHERE worker = ?", (worker,))

    @staticmethod
    def remove_process(worker_prefix: str) -> None:
        """Take a process off the record, whatever the end of its name, `host:pid:token`, is."""
        sql = "DELETE FROM workers WHERE worker LIKE ? ESCAPE '!'"
        database().execute(sql, (starting_with(worker_prefix),))

    @staticmethod
    def forget_before(moment: str) -> None:
        """Take those off the record whose last sign of life is older."""
        database().execute("DELETE FROM workers WHERE heartbeat_at < ?", (moment,))
