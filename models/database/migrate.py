"""Opening the database: created and migrated on first use, refused when it is newer than the code.

Migrations are the numbered files of `models/migrations`, run by Peewee's own runner. All pending
ones are applied in one transaction under a lock, so that several processes may start at once. A new
SQLite file gets what all of them make in one go.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec import Struct

from models.codes import Code
from models.database import connection as db
from models.database import migration_history
from models.database.clock import learn_time
from models.database.drivers import connect
from models.database.failure_kinds import unavailable
from models.database.peewee_alone import peewee
from models.database.whole_schema import make_whole
from models.errors import ConfigError, DatabaseUnavailableError
from models.events import Event
from models.settings.runtime import Settings
from models.settings.table import DATABASE_URL
from models.text.clean import clean_text

logger = logging.getLogger("scout")

MIGRATIONS_DIR = Path(__file__).parents[1] / "migrations"
_ADVISORY_LOCK = 5_170_614  # any number that no other user of the database takes

#: All that has a name where Scout's tables would be made, and rows.
_RELATIONS_SQLITE = (
    "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite!_%'"
    " ESCAPE '!'"
)
_RELATIONS_POSTGRES = (
    "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace"
    " AND relkind IN ('r', 'p', 'v', 'm', 'f')"
)


class SchemaStatus(Struct, frozen=True):
    """Which migrations have been applied, are pending, or are not known to this code."""

    applied: tuple[str, ...]
    pending: tuple[str, ...]
    unknown: tuple[str, ...]
    #: Whether that stands in the table of an older Scout, from which it is to be taken over.
    outdated: bool = False


def open_database(settings: Settings, *, migrate: bool = True, reads: bool = False) -> db.Database:
    """Open the database, bring its schema up to date, and make it current.

    Args:
        settings: Where it is.
        migrate: Whether to bring the schema up to date.
        reads: Leave the schema alone if an older Scout made it: workers of that version may be
            at work, and would not start again.

    Raises:
        ConfigError: Its URL cannot be used.
        DatabaseUnavailableError: It cannot be opened, is no database, or is newer than this code.
    """
    database = connect(settings)
    try:
        _prepare_file(database)
        status = _first_look(database)
        if status.unknown:
            database.close_thread()
            raise too_new(database.label, status)
        lacks = bool(status.pending or status.outdated)
        if migrate and lacks and not (reads and status.applied):
            migrate_database(database)
        learn_time(database)
    except (peewee.DatabaseError, peewee.InterfaceError, OSError) as exc:
        database.close_thread()
        raise unavailable(database.label, exc) from exc
    return db.use(database)


def too_new(label: str, status: SchemaStatus) -> DatabaseUnavailableError:
    """Return the error of a database that has migrations which this code does not know."""
    return DatabaseUnavailableError(
        f"Database {label} is newer than this Scout: it has the migration {status.unknown[-1]},"
        " which this version does not know.",
        "Upgrade Scout, or point SCOUT_DATABASE_URL at another database.",
        code=Code.DATABASE_NEWER,
    )


def _first_look(database: db.Database) -> SchemaStatus:
    """Return the schema's status over the first connection.

    Processes that create a SQLite file together find it locked for a moment, without SQLite
    waiting, while one of them turns on its write-ahead log. A server that is away is said at once.
    """
    if database.is_sqlite:
        return database.reading(lambda: schema_status(database))
    return schema_status(database)


def schema_status(database: db.Database) -> SchemaStatus:
    """Return which migrations the database has and which it lacks."""
    known = sorted(path.stem for path in MIGRATIONS_DIR.glob("[0-9]*.py"))
    applied, outdated = migration_history.applied_migrations(database)
    return SchemaStatus(
        applied=applied,
        pending=tuple(name for name in known if name not in applied),
        unknown=tuple(name for name in applied if name not in known),
        outdated=outdated,
    )


def refuse_strangers(database: db.Database, status: SchemaStatus) -> None:
    """Keep Scout's tables out of a database that is another program's.

    Views and the like count as tables: a name is taken once.
    `DATABASE_URL` is a name that many programs use; where it is all there is, the database must be
    empty or have been made by Scout. In any other, no table may have the name of one of Scout's
    that Scout has not made.

    Raises:
        ConfigError: It holds such tables.
    """
    if status.applied:
        return
    sql = _RELATIONS_SQLITE if database.is_sqlite else _RELATIONS_POSTGRES
    there = {name for (name,) in database.rows(sql)}
    names = sorted(there - migration_history.NAMES)
    if not names:
        return
    from models.tables.every import TABLE_NAMES

    if DATABASE_URL.uses_fallback():
        raise ConfigError(
            f"{DATABASE_URL.fallback} leads to a database with tables of another program:"
            f" {_listed(names)}. Scout makes none there.",
            f"Set {DATABASE_URL.name} to a database of its own: {DATABASE_URL.example}",
        )
    spelled = str.lower if database.is_sqlite else str  # "Runs" is no other name there
    if taken := [name for name in names if spelled(name) in TABLE_NAMES]:
        raise ConfigError(
            f"The database {database.label} has tables of another program with the names of"
            f" Scout's: {_listed(taken)}. Nothing was written there.",
            f"Set {DATABASE_URL.name} to a database of its own, or on PostgreSQL to another schema:"
            " ?options=-csearch_path%3DSCHEMA",
        )


def _listed(names: Sequence[str]) -> str:
    return clean_text(names[0], 80) + (f" and {len(names) - 1} more" if len(names) > 1 else "")


def migrate_database(
    database: db.Database, record: Callable[[tuple[str, ...]], None] | None = None
) -> tuple[str, ...]:
    """Apply the pending migrations and return their names.

    Args:
        database: Where.
        record: Called with the names, if there are any, before the transaction ends.

    Raises:
        ConfigError: The database is another program's.
    """
    if database.is_sqlite:
        # A rebuilt table must not cascade into its children; only works outside a transaction.
        database.execute("PRAGMA foreign_keys = 0")
    try:
        with database.write():
            database.take_time()
            if not database.is_sqlite:
                database.execute("SELECT pg_advisory_xact_lock(?)", (_ADVISORY_LOCK,))
            status = schema_status(database)
            refuse_strangers(database, status)
            if not status.applied and make_whole(database, status.pending):
                applied = status.pending
            else:
                applied = apply_pending(database, outdated=status.outdated)
            if applied and record is not None:
                record(applied)
    finally:
        if database.is_sqlite:
            database.execute("PRAGMA foreign_keys = 1")
    if applied:  # another process may have been faster
        logger.info(
            "The schema of %s was brought up to date: %s.",
            database.label,
            ", ".join(applied),
            extra={"event": Event.SCHEMA_MIGRATED, "data": {"applied": list(applied)}},
        )
    return applied


def apply_pending(database: db.Database, *, outdated: bool = False) -> tuple[str, ...]:
    """Apply the pending migrations one by one, inside the caller's transaction.

    Args:
        database: The database.
        outdated: Whether its history is to be taken over from an older Scout's table.
    """
    from playhouse.migrations import Runner

    # Its line per migration says less than ours does.
    logging.getLogger("peewee.migrations").setLevel(logging.WARNING)
    runner = Runner(database.peewee, str(MIGRATIONS_DIR), table_name=migration_history.TABLE)
    if outdated:
        runner.History.create_table()
        migration_history.take_over(database)
    applied = tuple(runner.up())
    migration_history.keep_former(database, applied)
    return applied


def _prepare_file(database: db.Database) -> None:
    """Create SQLite's file so that only its owner can read it: it holds a person's research."""
    path = database.path
    if path is None:
        return
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    elif not os.access(path, os.W_OK):
        raise PermissionError(f"{path} is read-only")
