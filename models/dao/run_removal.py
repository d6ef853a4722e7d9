"""What pruning reads of `runs`, and what it removes of them: a run with all its rows."""

from __future__ import annotations

from msgspec import Struct

from models.dao.any_table import bytes_of_run, delete_rows_of_run
from models.database.connection import database
from models.statuses import RunStatus
from models.tables.base import Table

_SINCE_SQLITE = "json_extract(args_json, '$.since')"
_SINCE_POSTGRES = "(args_json::json ->> 'since')"


class RunLink(Struct, frozen=True):
    """A run, when it ended (None while it has not), and the runs that it names."""

    run_id: str
    status: RunStatus
    ended_at: str | None
    rests_on: tuple[str, ...]


class RunRemovalDao:
    """Finds what a run rests on, and removes one. Methods that write join the transaction."""

    @staticmethod
    def links() -> list[RunLink]:
        """Return every run, the newest first."""
        sql = (
            f"SELECT run_id, status, finished_at, parent_run_id, {_since()} FROM runs"  # noqa: S608
            " ORDER BY created_at DESC, run_id DESC"
        )
        return [
            RunLink(run_id, RunStatus(status), ended_at, tuple(filter(None, named)))
            for run_id, status, ended_at, *named in database().execute(sql).fetchall()
        ]

    @staticmethod
    def marked() -> set[str]:
        """Return the runs whose proposals somebody has marked."""
        rows = database().execute("SELECT DISTINCT run_id FROM brief_marks").fetchall()
        return {run_id for (run_id,) in rows}

    @staticmethod
    def hold(run_id: str) -> RunStatus | None:
        """Return a run's status, which stays until the transaction ends; None without the run."""
        lock = "" if database().is_sqlite else " FOR UPDATE"
        sql = f"SELECT status FROM runs WHERE run_id = ?{lock}"  # noqa: S608 - constant
        row = database().execute(sql, (run_id,)).fetchone()
        return RunStatus(row[0]) if row else None

    @staticmethod
    def is_named_since(run_id: str, moment: str) -> bool:
        """Say whether a run created since a time goes on from this one, or somebody marked it."""
        sql = (
            "SELECT 1 FROM runs WHERE created_at >= ?"  # noqa: S608 - constant
            f" AND (parent_run_id = ? OR {_since()} = ?)"
            " UNION ALL SELECT 1 FROM brief_marks WHERE run_id = ? LIMIT 1"
        )
        params = (moment, run_id, run_id, run_id)
        return database().execute(sql, params).fetchone() is not None

    @staticmethod
    def remove(run_id: str) -> int:
        """Delete a run with its rows in every table; returns how many rows it were."""
        return sum(delete_rows_of_run(table, run_id) for table in tables_of_a_run())

    @staticmethod
    def size_bytes(run_id: str) -> int:
        """Return the bytes of a run's texts, which are nearly all that it takes."""
        return sum(bytes_of_run(table, run_id) for table in tables_of_a_run())


def tables_of_a_run() -> list[type[Table]]:
    """Return the tables whose rows belong to a run, those that others refer to last.

    Marks are not among them, as what a person said outlives the run; nor are seals, of which a
    stub stays.
    """
    from models.tables.every import TABLES
    from models.tables.marks import BriefMark
    from models.tables.seals import Seal

    return [
        table
        for table in reversed(TABLES)
        if table not in {BriefMark, Seal} and "run_id" in table._meta.columns
    ]


def _since() -> str:
    return _SINCE_SQLITE if database().is_sqlite else _SINCE_POSTGRES
