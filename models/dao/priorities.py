"""Which steps go before others: of more urgent runs, and of runs that have begun."""

from __future__ import annotations

from models.database.connection import database

# Word for word what the index is of, or SQLite cannot use it; unasked it takes that of statuses, of
# which a backlog has thousands.
_INDEX = ' INDEXED BY "runs_with_priority"'
_UNFINISHED = "r.priority IS NOT NULL AND r.status IN ('queued', 'running')"
_ANY = f"SELECT 1 FROM runs r{{by}} WHERE {_UNFINISHED} AND r.broker = ? LIMIT 1"  # noqa: S608
#: Nobody starts it in a process of its own just now (`models.dao.singletons.lone_start`).
_TO_BE_HAD = (
    "NOT EXISTS (SELECT 1 FROM singletons t WHERE t.expires_at > ?"
    " AND t.name = 'alone:' || s.run_id || ':' || s.name || ':' || s.attempt)"
)
_DUE = (
    "SELECT r.run_id, s.name FROM runs r{{by}} JOIN run_steps s ON s.run_id = r.run_id"
    " WHERE {condition} AND r.broker = ? AND s.status = 'pending' AND s.due_at <= ?"
    " AND {to_be_had} ORDER BY {order} DESC, s.due_at, r.run_id LIMIT 20"
)
_DUE_ABOVE = _DUE.format(
    condition=f"{_UNFINISHED} AND r.priority > ?", order="r.priority", to_be_had=_TO_BE_HAD
)
#: Above one that is less urgent than usual are also all that have no priority.
_DUE_ABOVE_LOW = _DUE.format(
    condition="r.status IN ('queued', 'running') AND coalesce(r.priority, 0) > ?",
    order="coalesce(r.priority, 0)",
    to_be_had=_TO_BE_HAD,
)
#: Of runs that have begun, what was cut off, put off or given back, and not what follows a step.
_DUE_AGAIN = (
    "SELECT r.run_id, s.name FROM runs r JOIN run_steps s ON s.run_id = r.run_id"  # noqa: S608 - constant text
    " WHERE r.status = 'running' AND r.broker = ? AND coalesce(r.priority, 0) >= ?"
    " AND s.status = 'pending' AND s.attempt > 0 AND s.due_at <= ?"
    f" AND {_TO_BE_HAD} ORDER BY s.due_at, r.run_id LIMIT 20"
)


class PrioritiesDao:
    """Says what goes first."""

    @staticmethod
    def of_run(run_id: str) -> int:
        """Return how urgent a run is; 0 is usual, also for one that is not there."""
        sql = "SELECT priority FROM runs WHERE run_id = ?"
        row = database().execute(sql, (run_id,)).fetchone()
        return int(row[0]) if row and row[0] is not None else 0

    @staticmethod
    def are_any(broker: str) -> bool:
        """Say whether an unfinished run of a kind of broker is more or less urgent than usual."""
        return database().execute(_ANY.format(by=_by_index()), (broker,)).fetchone() is not None

    @staticmethod
    def due_above(broker: str, priority: int, now: str) -> list[tuple[str, str]]:
        """Return runs and steps that are due and more urgent, the most urgent and oldest first.

        Args:
            broker: The kind of broker.
            priority: What they are compared with.
            now: The time, as it is stored.
        """
        above = _DUE_ABOVE.format(by=_by_index()) if priority >= 0 else _DUE_ABOVE_LOW.format(by="")
        rows = database().execute(above, (priority, broker, now, now)).fetchall()
        return [(run_id, step) for run_id, step in rows]

    @staticmethod
    def due_again(broker: str, priority: int, before: str, now: str) -> list[tuple[str, str]]:
        """Return runs and steps that were begun before and are due again, the oldest first.

        Args:
            broker: The kind of broker.
            priority: Runs that are less urgent do not count.
            before: Since when they are due at the latest, as it is stored.
            now: The time, as it is stored.
        """
        rows = database().execute(_DUE_AGAIN, (broker, priority, before, now)).fetchall()
        return [(run_id, step) for run_id, step in rows]


def _by_index() -> str:
    """Return what tells SQLite which index to use; PostgreSQL knows its tables."""
    return _INDEX if database().is_sqlite else ""
