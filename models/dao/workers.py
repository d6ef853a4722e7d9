"""Rows of `workers`: every process that works, and its last sign of life."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import asdict, astuple

from models.database.connection import database
from models.text.canonical_json import dumps, loads

_COLUMNS = (
    "worker, host, pid, broker, threads, started_at, heartbeat_at, threads_json, clock_ahead_s,"
    " broker_error"
)
_BEAT = (
    f"INSERT INTO workers ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - constant columns
    " ON CONFLICT (worker) DO UPDATE SET heartbeat_at = excluded.heartbeat_at,"
    " threads_json = excluded.threads_json, clock_ahead_s = excluded.clock_ahead_s,"
    " broker_error = excluded.broker_error"
)


class HeldStep(Struct, frozen=True):
    """What one thread has in hand, as its process says it; times are ISO 8601 text.

    Args:
        run_id: The run.
        step: The step.
        attempt: Which attempt at it.
        started_at: When the attempt began.
        moved_at: When it last saved something or got further.
        stuck: Whether it was told to stop, for its time limit or because it lost its step, and
            has not done so.
    """

    run_id: str
    step: str
    attempt: int
    started_at: str
    moved_at: str
    stuck: bool


def encode_held(held: Iterable[HeldStep]) -> str:
    """Return what `WorkerRow.threads_json` holds."""
    return dumps([asdict(one) for one in held])


class WorkerRow(Struct, frozen=True):
    """A row of `workers`; times are ISO 8601 text, by the database's clock.

    It has no threads where it runs one step alone, and an error of the broker where no messages
    have come to it for a while.
    """

    worker: str
    host: str
    pid: int
    broker: str
    threads: int
    started_at: str
    heartbeat_at: str
    threads_json: str | None = None
    clock_ahead_s: float | None = None
    broker_error: str | None = None

    @property
    def held(self) -> list[HeldStep]:
        """Return what its threads had in hand at its last sign of life."""
        return [HeldStep(**one) for one in loads(self.threads_json) or []]


class WorkersDao:
    """Says who is there. Methods that write join the caller's transaction."""

    @staticmethod
    def all() -> list[WorkerRow]:
        """Return every worker process that is on record, the newest sign of life first."""
        sql = f"SELECT {_COLUMNS} FROM workers ORDER BY heartbeat_at DESC, worker"  # noqa: S608
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
    def forget_before(moment: str) -> None:
        """Take those off the record whose last sign of life is older."""
        database().execute("DELETE FROM workers WHERE heartbeat_at < ?", (moment,))
