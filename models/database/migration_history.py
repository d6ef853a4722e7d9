"""Which migrations a database has had, in a table whose name is Scout's own.

Until November 2026 it was `schema_migration`, the usual name of Peewee's runner, which any program
may have in its database. That table is read where Scout has made it, copied, and kept up, so that
an older Scout still sees what has been done.
"""

from __future__ import annotations

from collections.abc import Iterable

from models.clock import Clock
from models.database.connection import Database

TABLE = "scout_migrations"
_FORMER = "schema_migration"
#: Tables that say nothing of what a program stores.
NAMES = frozenset({TABLE, _FORMER})
#: A table of the first migration, and a column of it that no other program's is likely to have.
_PROOF = ("run_steps", "lease_expires_at")
_FIRST = "0001_initial"


def applied_migrations(database: Database) -> tuple[tuple[str, ...], bool]:
    """Return the names of the migrations that Scout has applied, in order.

    Returns:
        The names, and whether they still stand in the table of an older Scout only.
    """
    if database.peewee.table_exists(TABLE):
        return _names(database, TABLE), False
    former = has_former(database)
    return (_names(database, _FORMER) if former else ()), former


def has_former(database: Database) -> bool:
    """Say whether there is a table of the former name that Scout has made."""
    peewee = database.peewee
    table, column = _PROOF
    return (
        peewee.table_exists(_FORMER)
        and peewee.table_exists(table)
        and column in {one.name for one in peewee.get_columns(table)}
        and _FIRST in _names(database, _FORMER)
    )


def take_over(database: Database) -> None:
    """Copy the history from the former table, inside the caller's transaction."""
    record(database, _names(database, _FORMER))


def keep_former(database: Database, names: Iterable[str]) -> None:
    """Add what was applied to the former table, if there is one of Scout's."""
    if has_former(database):
        _add(database, _FORMER, sorted(set(names) - set(_names(database, _FORMER))))


def record(database: Database, names: Iterable[str]) -> None:
    """Note that migrations were applied, inside the caller's transaction."""
    _add(database, TABLE, names)


def _names(database: Database, table: str) -> tuple[str, ...]:
    rows = database.execute(f"SELECT name FROM {table} ORDER BY name").fetchall()  # noqa: S608 - ours
    return tuple(name for (name,) in rows)


def _add(database: Database, table: str, names: Iterable[str]) -> None:
    at = Clock().now().replace(tzinfo=None).isoformat(sep=" ")
    for name in names:
        sql = f"INSERT INTO {table} (name, applied) VALUES (?, ?)"  # noqa: S608 - ours
        database.execute(sql, (name, at))
