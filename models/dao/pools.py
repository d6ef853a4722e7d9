"""Which runs share a pool, which of them are at work, and which wait for a place."""

from __future__ import annotations

from msgspec import Struct

from models.database.connection import database

_UNFINISHED = "pool IS NOT NULL AND status IN ('queued', 'running')"
_AT_WORK = (
    f"SELECT run_id FROM runs WHERE {_UNFINISHED} AND pool = ? AND held_at IS NULL"  # noqa: S608
    " AND run_id <> ? ORDER BY run_id"
)
_NEXT = (
    f"SELECT run_id, pool_max_runs, held_at FROM runs WHERE {_UNFINISHED} AND pool = ?"  # noqa: S608
    " AND held_at IS NOT NULL ORDER BY coalesce(priority, 0) DESC, held_at, run_id LIMIT 1"
)
_WAITED_FOR = (
    f"SELECT DISTINCT pool FROM runs WHERE {_UNFINISHED} AND held_at IS NOT NULL ORDER BY pool"  # noqa: S608
)
_FIRST_DUE = (
    "UPDATE run_steps SET due_at = ?, enqueued_at = NULL WHERE run_id = ? AND status = 'pending'"
    " AND position = (SELECT min(position) FROM run_steps WHERE run_id = ? AND status = 'pending')"
)


_NONE_DUE = (
    "UPDATE run_steps SET due_at = NULL, enqueued_at = NULL"
    " WHERE run_id = ? AND status = 'pending' AND due_at IS NOT NULL"
)


class HeldRun(Struct, frozen=True):
    """A run that waits for a place, how many may be at work when it begins, and since when."""

    run_id: str
    max_runs: int
    held_at: str


class PoolsDao:
    """Counts and holds runs of pools. Methods that write join the caller's transaction."""

    @staticmethod
    def lock(pool: str) -> None:
        """Let nobody else count the same pool until the transaction ends; SQLite's lock does."""
        if not database().is_sqlite:
            database().execute("SELECT pg_advisory_xact_lock(hashtext(?))", (f"pool:{pool}",))

    @staticmethod
    def at_work(pool: str, but_not: str = "") -> list[str]:
        """Return the runs of a pool that have begun, or may, and have not ended."""
        rows = database().execute(_AT_WORK, (pool, but_not)).fetchall()
        return [run_id for (run_id,) in rows]

    @staticmethod
    def next_held(pool: str) -> HeldRun | None:
        """Return the run that gets the next place: the most urgent, then who waits longest."""
        row = database().execute(_NEXT, (pool,)).fetchone()
        return HeldRun(*row) if row else None

    @staticmethod
    def waited_for() -> list[str]:
        """Return the pools for a place in which any run waits."""
        return [pool for (pool,) in database().execute(_WAITED_FOR).fetchall()]

    @staticmethod
    def hold(run_id: str, now: str) -> None:
        """Have a run wait: none of its steps is due."""
        database().execute("UPDATE runs SET held_at = ? WHERE run_id = ?", (now, run_id))
        database().execute(_NONE_DUE, (run_id,))

    @staticmethod
    def let_go(run_id: str) -> None:
        """Note that a run waits for no place any more; its first step must be due."""
        database().execute("UPDATE runs SET held_at = NULL WHERE run_id = ?", (run_id,))

    @staticmethod
    def let_begin(run_id: str, now: str) -> None:
        """Make the first step of a run due that waited."""
        PoolsDao.let_go(run_id)
        database().execute(_FIRST_DUE, (now, run_id, run_id))
