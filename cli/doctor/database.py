"""What `scout doctor` finds out. Nothing is created, migrated or written."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from models.database import connection as db
from models.database.drivers import connect
from models.database.failure_kinds import unavailable
from models.database.migrate import SchemaStatus, refuse_strangers, schema_status, too_new
from models.database.read_only import open_existing
from models.errors import ScoutError
from models.settings.runtime import Settings
from models.version import version_text

if TYPE_CHECKING:
    from models.views.fleet import FleetView

LIBRARIES = ("click", "dramatiq", "msgspec", "peewee", "redis", "python-json-logger", "httpx")
_NEWER_LOOKED_AT = 200


class DatabaseHealth(Struct):
    """What the database looks like.

    state: ok | not created | pending migrations | newer than this Scout | unavailable.
    """

    label: str
    state: str
    error: str = ""
    hint: str = ""
    schema: SchemaStatus | None = None
    size_bytes: int | None = None
    wal_bytes: int | None = None
    writable: bool = True
    rows: dict[str, int] = field(default_factory=dict)
    oldest_run_at: str | None = None
    #: Whether others than its owner may read SQLite's file.
    exposed: bool = False

    @property
    def readable(self) -> bool:
        """Say whether the tables can be read."""
        return self.state == "ok"

    @property
    def broken(self) -> bool:
        """Say whether commands that need the database would fail."""
        return self.state in {"unavailable", "newer than this Scout"} or not self.writable


class Activity(Struct, frozen=True):
    """Who is working on what, as the database has it."""

    workers: list[dict[str, Any]]
    singletons: list[dict[str, Any]]
    runs_by_status: dict[str, int]
    stalled: list[dict[str, Any]]


def check_database(settings: Settings, *, count: bool = True) -> DatabaseHealth:
    """Look at the database that the settings name; counting its rows takes longest."""
    health = DatabaseHealth(connect(settings).label, "ok")
    try:
        database = open_existing(settings)
        if database is None:
            health.state = "not created"
            health.writable = _can_create(connect(settings).path)
            return health
        _measure_files(health, connect(settings).path)
        _read_schema(health, database)
        if health.readable and count:
            _count_rows(health)
    except ScoutError:
        raise
    except Exception as exc:  # noqa: BLE001 - whatever a driver raises, the database is not usable
        from models.text.clean import clean_text

        error = unavailable(health.label, exc)
        health.state, health.hint = "unavailable", error.hint
        health.error = clean_text(error.message)
    return health


def check_activity(fleet: FleetView) -> Activity:
    """Return workers, singletons and runs; the database must be readable."""
    from models.clock import seconds_between
    from models.dao.runs import RunsDao
    from models.dao.singletons import SingletonsDao
    from models.views.run_state import is_alive

    now = fleet.now
    listed = [
        {
            "worker": row.worker,
            "broker": row.broker,
            "threads": row.threads,
            "started_at": row.started_at,
            "heartbeat_age_s": round(seconds_between(row.heartbeat_at, now), 1),
            "alive": is_alive(row, now),
        }
        for row in fleet.on_record
    ]
    singletons = [
        {
            "name": row.name,
            "holder": row.holder,
            "expires_at": row.expires_at,
            "held": row.expires_at > now,
        }
        for row in SingletonsDao.all()
    ]
    stalled = [{"run_id": one.run_id, "reading": one.text} for one in fleet.stalled]
    return Activity(listed, singletons, RunsDao.count_by_status(), stalled)


def newer_runs() -> str | None:
    """Return a note on the runs that only workers of a newer Scout take; None where there are none.

    Of the unfinished runs the newest are looked at.
    """
    from models.dao.run_conditions import RunConditions
    from models.dao.runs import RunsDao
    from models.run_args import unknown_arguments
    from models.statuses import RunStatus

    wanted = RunConditions(statuses=(RunStatus.QUEUED, RunStatus.RUNNING))
    found = {
        run.run_id: unknown
        for run in RunsDao.list(wanted, limit=_NEWER_LOOKED_AT)
        if (unknown := unknown_arguments(run.args))
    }
    if not found:
        return None
    options = ", ".join(sorted({option for unknown in found.values() for option in unknown}))
    return (
        f"runs: {len(found):,} wait for a worker of the newer Scout that made them, such as"
        f" {next(iter(found))}: this one does not know {options}. Bring this one up to date."
    )


def foreign_workers() -> str | None:
    """Return the folder that `dramatiq workers` would take for Scout's, started here; or None."""
    try:
        here, ours = Path.cwd(), Path(__file__).resolve().parents[2]
        for name in ("workers", "workers.py") if here != ours else ():
            if (here / name).is_file() or (here / name / "__init__.py").is_file():
                return str(here / name)
    except OSError:  # it was deleted, or this user may not look there
        pass
    return None


def check_versions() -> dict[str, str | None]:
    """Return the versions of Scout, Python and the libraries; None where one is not installed."""
    from importlib.metadata import PackageNotFoundError, version

    found: dict[str, str | None] = {"python": platform.python_version(), "scout": version_text()}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = None
    return found


def _read_schema(health: DatabaseHealth, database: db.Database) -> None:
    status = schema_status(database)
    health.schema = status
    if status.unknown:
        error = too_new(database.label, status)
        health.state, health.error, health.hint = (
            "newer than this Scout",
            error.message,
            error.hint,
        )
        return
    try:
        refuse_strangers(database, status)
    except ScoutError as exc:
        health.state, health.error, health.hint = "unavailable", exc.message, exc.hint
        return
    if status.pending:
        health.state = "pending migrations"
        health.hint = "The next run applies them, or: scout db migrate"


def _measure_files(health: DatabaseHealth, path: Path | None) -> None:
    if path is None:
        return
    wal = path.with_name(path.name + "-wal")
    found = path.stat()
    health.size_bytes = found.st_size
    health.exposed = os.name == "posix" and bool(found.st_mode & 0o077)
    health.wal_bytes = wal.stat().st_size if wal.exists() else 0
    health.writable = os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)
    if not health.writable:
        health.error = f"{path} cannot be written to."
        health.hint = "Make the file and its folder writable, or set SCOUT_DATABASE_URL."


def _can_create(path: Path | None) -> bool:
    """Say whether a file, and the folders that it lacks, could be made."""
    if path is None:
        return True
    nearest = path.parent
    while not nearest.exists() and nearest != nearest.parent:
        nearest = nearest.parent
    return nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)


def _count_rows(health: DatabaseHealth) -> None:
    from models.dao.any_table import count_rows
    from models.dao.runs import RunsDao

    health.rows = count_rows()
    health.oldest_run_at = RunsDao.oldest_created_at()
