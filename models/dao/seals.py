"""Rows of `seals` and `seal_requests`, and what of a run and its steps a seal covers, as stored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import astuple

from models.database.connection import database

_COLUMNS = (
    "number, run_id, sealed_at, rows, first_id, last_id, digests, hash, link, pruned_at"  # all
)
_SELECT = f"SELECT {_COLUMNS} FROM seals"  # noqa: S608 - constant columns
_INSERT = f"INSERT INTO seals ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
_ASK = "INSERT INTO seal_requests (run_id, asked_at) VALUES (?, ?)"
#: What is true of a run and its steps once it has ended; a column that comes later needs a new
#: version of the seal.
_RUN = (
    "SELECT run_id, command, status, args_json, git_sha, config_hash, broker, parent_run_id,"
    " created_at, started_at, finished_at, stats_json, error FROM runs WHERE run_id = ?"
    " AND status IN ('success', 'failed', 'cancelled')"
)
_STEPS = (
    "SELECT position, step_id, run_id, name, status, attempt, tries, interruptions, started_at,"
    " finished_at, worker, stats_json, error_type, error_message, error_code FROM run_steps"
    " WHERE run_id = ? ORDER BY position"
)


class SealRow(Struct, frozen=True):
    """A row of `seals`; see `models.tables.seals`."""

    number: int
    run_id: str | None
    sealed_at: str
    rows: int
    first_id: int
    last_id: int
    digests: str
    hash: str
    link: str
    pruned_at: str | None = None


class SealsDao:
    """Asks for seals, and keeps them. Methods that write join the caller's transaction."""

    @staticmethod
    def ask(run_id: str | None, now: str) -> None:
        """Have a run sealed soon, or the rows that belong to no run."""
        database().execute(_ASK, (run_id, now))

    @staticmethod
    def asked_for(before: str, limit: int) -> list[str | None]:
        """Return what is to be sealed and was asked for before a time, the oldest first."""
        sql = (
            "SELECT run_id FROM seal_requests WHERE asked_at <= ?"
            " GROUP BY run_id ORDER BY min(id) LIMIT ?"
        )
        return [run_id for (run_id,) in database().execute(sql, (before, limit)).fetchall()]

    @staticmethod
    def is_asked_for(run_id: str | None) -> bool:
        """Say whether a run is to be sealed, or the rows that belong to no run."""
        sql = f"SELECT 1 FROM seal_requests WHERE {_whose(run_id)} LIMIT 1"  # noqa: S608 - constant
        return database().execute(sql, _params(run_id)).fetchone() is not None

    @staticmethod
    def forget(run_id: str | None, before: str) -> None:
        """Take back what was asked for before a time."""
        sql = f"DELETE FROM seal_requests WHERE {_whose(run_id)} AND asked_at <= ?"  # noqa: S608
        database().execute(sql, (*_params(run_id), before))

    @staticmethod
    def head() -> SealRow | None:
        """Return the newest seal of all, or None without any."""
        row = database().execute(f"{_SELECT} ORDER BY number DESC LIMIT 1").fetchone()
        return SealRow(*row) if row else None

    @staticmethod
    def newest_of(run_id: str | None) -> SealRow | None:
        """Return the newest seal of a run, or of the rows of no run; None without any."""
        sql = f"{_SELECT} WHERE {_whose(run_id)} ORDER BY number DESC LIMIT 1"
        row = database().execute(sql, _params(run_id)).fetchone()
        return SealRow(*row) if row else None

    @staticmethod
    def add(seal: SealRow) -> None:
        """Add a seal; its number must be free."""
        database().execute(_INSERT, astuple(seal))

    @staticmethod
    def leave_stubs(run_id: str, now: str) -> None:
        """Note that a run was pruned: its seals keep their place in the chain and nothing else."""
        sql = "UPDATE seals SET digests = '', pruned_at = ? WHERE run_id = ?"
        database().execute(sql, (now, run_id))

    @staticmethod
    def all(since: str = "", page: int = 200) -> Iterator[SealRow]:
        """Yield the seals since a time, in order, after the one before it, if there is one."""
        sql = "SELECT coalesce(max(number), 0) FROM seals WHERE sealed_at < ?"
        after = int(database().execute(sql, (since,)).fetchone()[0]) - 1
        while True:
            sql = f"{_SELECT} WHERE number > ? ORDER BY number LIMIT ?"
            rows = database().execute(sql, (after, page)).fetchall()
            yield from (SealRow(*row) for row in rows)
            if len(rows) < page:
                return
            after = rows[-1][0]

    @staticmethod
    def ended_run(run_id: str) -> Sequence[Any] | None:
        """Return what a seal covers of a run that has ended, as stored; None of any other."""
        row: Sequence[Any] | None = database().execute(_RUN, (run_id,)).fetchone()
        return row

    @staticmethod
    def steps_of(run_id: str) -> list[Sequence[Any]]:
        """Return what a seal covers of a run's steps, as stored, in order; the position first."""
        return list(database().execute(_STEPS, (run_id,)).fetchall())

    @staticmethod
    def waiting() -> tuple[int, str | None]:
        """Return how many runs that have ended wait for a seal, and since when the oldest does."""
        sql = (
            "SELECT count(DISTINCT q.run_id), min(q.asked_at) FROM seal_requests q"
            " JOIN runs r ON r.run_id = q.run_id"
            " WHERE r.status IN ('success', 'failed', 'cancelled')"
        )
        count, since = database().execute(sql).fetchone()
        return int(count), since

    @staticmethod
    def never_sealed() -> list[str]:
        """Return the runs that have ended, have no seal, and of which none is asked for."""
        sql = (
            "SELECT r.run_id FROM runs r WHERE r.status IN ('success', 'failed', 'cancelled')"
            " AND NOT EXISTS (SELECT 1 FROM seals s WHERE s.run_id = r.run_id)"
            " AND NOT EXISTS (SELECT 1 FROM seal_requests q WHERE q.run_id = r.run_id)"
            " ORDER BY r.run_id"
        )
        return [run_id for (run_id,) in database().execute(sql).fetchall()]


def _whose(run_id: str | None) -> str:
    return "run_id IS NULL" if run_id is None else "run_id = ?"


def _params(run_id: str | None) -> tuple[str, ...]:
    return () if run_id is None else (run_id,)
