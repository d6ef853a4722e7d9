"""Rows of `runs`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from models.clock import Clock
from models.dao.run_conditions import RunConditions, RunOrder, ordering
from models.database.connection import database
from models.errors import InputError
from models.ids import ID_LENGTH, new_id, normalise_prefix
from models.pool import Pool
from models.priority import Priority
from models.redaction import default_redactor
from models.run_terms import NO_TERMS, RunTerms
from models.statuses import RUN_ENDED, RunStatus
from models.text.canonical_json import dumps, loads
from models.text.clean import clean_error

_COLUMNS = (
    "run_id, command, status, args_json, git_sha, config_hash, broker, parent_run_id,"
    " created_at, started_at, finished_at, stats_json, error, deadline_at, priority,"
    " pool, pool_max_runs, held_at"
)
_INSERT = f"INSERT INTO runs ({_COLUMNS}) VALUES (?, ?, 'queued', ?, ?, ?, ?, ?, ?, NULL, NULL, NULL, NULL, ?, ?, ?, ?, NULL)"  # noqa: E501, S608


_ALL = RunConditions()


class RunRow(Struct, frozen=True):
    """A row of `runs`; times are ISO 8601 text."""

    run_id: str
    command: str
    status: RunStatus
    args_json: str
    git_sha: str | None
    config_hash: str
    broker: str
    parent_run_id: str | None
    created_at: str
    started_at: str | None
    finished_at: str | None
    stats_json: str | None
    error: str | None
    deadline_at: str | None = None
    priority: int | None = None
    pool_name: str | None = None
    pool_max_runs: int | None = None
    held_at: str | None = None

    @classmethod
    def of(cls, row: Sequence[Any]) -> RunRow:
        """Return a row of `_COLUMNS`."""
        run_id, command, status, *others = row
        return cls(run_id, command, RunStatus(status), *others)

    @property
    def args(self) -> dict[str, Any]:
        """Return the run's arguments by name."""
        return dict(loads(self.args_json) or {})

    @property
    def stats(self) -> dict[str, Any]:
        """Return the run's stats; empty until it has ended."""
        return dict(loads(self.stats_json) or {})

    @property
    def urgency(self) -> Priority:
        """Return which run goes first; as usual where nothing is stored."""
        return Priority(self.priority or 0)

    @property
    def pool(self) -> Pool | None:
        """Return the pool that it is in, or None where it waits for no place."""
        return Pool(self.pool_name, self.pool_max_runs or 1) if self.pool_name else None

    @property
    def ended(self) -> bool:
        """Say whether the run's status is terminal."""
        return self.status in RUN_ENDED


class RunsDao:
    """Creates, finds and ends runs. Methods that write join the caller's transaction."""

    @staticmethod
    def create(
        args_json: Mapping[str, Any] | str,
        git_sha: str | None,
        config_hash: str,
        *,
        command: str = "run",
        broker: str = "memory",
        parent_run_id: str | None = None,
        run_id: str | None = None,
        terms: RunTerms = NO_TERMS,
        clock: Clock | None = None,
    ) -> str:
        """Insert a queued run and return its id.

        The arguments are stored as they are given, since the steps work with them; one that holds
        a secret, which `create_run` refuses, is masked.
        """
        clock = clock or Clock()
        run_id = run_id or new_id(clock.now_ms())
        values = loads(args_json) if isinstance(args_json, str) else dict(args_json)
        text = _stored_arguments(values)
        with database().write():
            database().execute(
                _INSERT,
                (
                    run_id,
                    command,
                    text,
                    git_sha,
                    config_hash,
                    broker,
                    parent_run_id,
                    clock.now_iso(),
                    terms.deadline_at,
                    int(terms.priority or 0) or None,  # few have one: the index is of these
                    terms.pool.name if terms.pool else None,
                    terms.pool.max_runs if terms.pool else None,
                ),
            )
        return run_id

    @staticmethod
    def get(run_id: str) -> RunRow:
        """Return one run.

        Raises:
            InputError: There is none with that id.
        """
        run = RunsDao.find(run_id)
        if run is None:
            raise no_such_run(run_id)
        return run

    @staticmethod
    def find(run_id: str) -> RunRow | None:
        """Return one run, or None where there is none with exactly this id."""
        sql = f"SELECT {_COLUMNS} FROM runs WHERE run_id = ?"  # noqa: S608 - constant columns
        row = database().execute(sql, (run_id,)).fetchone()
        return RunRow.of(row) if row else None

    @staticmethod
    def exists(run_id: str) -> bool:
        """Say whether there is a run with exactly this id."""
        sql = "SELECT 1 FROM runs WHERE run_id = ?"
        return database().execute(sql, (run_id,)).fetchone() is not None

    @staticmethod
    def hold_shared(run_id: str) -> None:
        """Let nobody remove a run until the transaction ends; SQLite's write lock does so, too."""
        if not database().is_sqlite:
            database().execute("SELECT 1 FROM runs WHERE run_id = ? FOR SHARE", (run_id,))

    @staticmethod
    def resolve(text: str) -> RunRow:
        """Return the run that a person named: an id, a unique prefix of one, or `last`.

        Raises:
            InputError: No run matches, or several do; the message lists them.
        """
        if text.strip().lower() == "last":
            newest = RunsDao.list(limit=1)
            if not newest:
                raise InputError("There are no runs yet.", "Make one: scout run --dry --query TEXT")
            return newest[0]
        prefix = normalise_prefix(text)
        if not prefix or len(prefix) > ID_LENGTH or not prefix.isalnum():
            raise InputError(f"{text!r} is not a run id.", "List the runs with: scout runs")
        sql = f"SELECT {_COLUMNS} FROM runs WHERE run_id LIKE ? ORDER BY run_id DESC LIMIT 6"  # noqa: S608
        rows = [RunRow.of(row) for row in database().execute(sql, (prefix + "%",)).fetchall()]
        if not rows:
            raise no_such_run(text)
        if len(rows) > 1:
            listed = ", ".join(row.run_id for row in rows[:5]) + (" …" if len(rows) > 5 else "")
            raise InputError(
                f"{text!r} fits several runs: {listed}.", "Give more of the id, or say: last"
            )
        return rows[0]

    @staticmethod
    def unfinished_of(worker: str) -> list[str]:
        """Return the ids of the runs that have not ended and of which a worker took a step."""
        sql = (
            "SELECT DISTINCT r.run_id FROM runs r JOIN run_steps s ON s.run_id = r.run_id"
            " WHERE r.status IN ('queued', 'running') AND s.worker = ? ORDER BY r.run_id"
        )
        return [run_id for (run_id,) in database().execute(sql, (worker,)).fetchall()]

    @staticmethod
    def unfinished_with_deadline(broker: str, before: str) -> list[str]:
        """Return the runs that have not ended and were to end before a time, the oldest first."""
        sql = (
            "SELECT run_id FROM runs WHERE status IN ('queued', 'running')"
            " AND deadline_at <= ? AND broker = ? ORDER BY deadline_at, run_id"
        )
        return [run_id for (run_id,) in database().execute(sql, (before, broker)).fetchall()]

    @staticmethod
    def list(
        wanted: RunConditions = _ALL, *, limit: int = 20, order: RunOrder = RunOrder.CREATED
    ) -> list[RunRow]:
        """Return runs, by default the newest first.

        Args:
            wanted: Which runs.
            limit: At most so many.
            order: Which ones come first.
        """
        where, params = wanted.where()
        by, more = ordering(order)
        sql = f"SELECT {_COLUMNS} FROM runs WHERE {where} ORDER BY {by} LIMIT ?"  # noqa: S608
        found = database().execute(sql, (*params, *more, limit))
        return [RunRow.of(row) for row in found.fetchall()]

    @staticmethod
    def count_by_status() -> dict[str, int]:
        """Return how many runs there are of each status that any has."""
        sql = "SELECT status, count(*) FROM runs GROUP BY status ORDER BY status"
        return {status: int(count) for status, count in database().execute(sql).fetchall()}

    @staticmethod
    def oldest_created_at() -> str | None:
        """Return when the oldest run was created, or None without any."""
        oldest: str | None = database().execute("SELECT min(created_at) FROM runs").fetchone()[0]
        return oldest

    @staticmethod
    def mark_running(run_id: str, now: str) -> bool:
        """Set a queued run to running; returns whether it was queued."""
        sql = (
            "UPDATE runs SET status = 'running', started_at = coalesce(started_at, ?)"
            " WHERE run_id = ? AND status = 'queued'"
        )
        return bool(database().execute(sql, (now, run_id)).rowcount)

    @staticmethod
    def end(
        run_id: str, status: RunStatus, now: str, stats: Mapping[str, Any], error: str | None = None
    ) -> bool:
        """End a run that has not ended; returns whether this call ended it."""
        sql = (
            "UPDATE runs SET status = ?, finished_at = ?, stats_json = ?, error = ?"
            " WHERE run_id = ? AND status IN ('queued', 'running')"
        )
        redactor = default_redactor()
        text = redactor.scrub_line(dumps(redactor.redact(dict(stats))))
        params = (status, now, text, clean_error(error), run_id)
        return bool(database().execute(sql, params).rowcount)

    @staticmethod
    def lift_deadline(run_id: str) -> None:
        """Let a run take as long as it takes."""
        database().execute("UPDATE runs SET deadline_at = NULL WHERE run_id = ?", (run_id,))

    @staticmethod
    def reopen(run_id: str) -> bool:
        """Set a run back to queued on a person's word; returns whether it was not running."""
        sql = (
            "UPDATE runs SET status = 'queued', finished_at = NULL, stats_json = NULL, error = NULL"
            " WHERE run_id = ? AND status IN ('failed', 'cancelled', 'queued', 'running')"
        )
        return bool(database().execute(sql, (run_id,)).rowcount)


def _stored_arguments(values: Mapping[str, Any]) -> str:
    redactor = default_redactor()
    kept = {
        key: redactor.redact(value)
        if not isinstance(value, str) or redactor.holds_secret(value)
        else value
        for key, value in values.items()
    }
    return redactor.scrub_line(dumps(kept))


def no_such_run(named: str) -> InputError:
    """Return the error that there is no run of an id, or of a part of one."""
    return InputError(f"There is no run {named!r}.", "List the runs with: scout runs")
