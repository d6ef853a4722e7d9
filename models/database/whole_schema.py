"""The schema of a new SQLite file in one go: what all migrations make, kept as statements.

Two dozen migrations, one by one over Peewee's runner, were an eighth of a whole dry run. The
statements are only used where they were written for exactly the migrations that there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from models.database.connection import Database
from models.database.migration_history import record

_FILE = Path(__file__).parents[1] / "migrations" / "sqlite_schema.sql"
_HEAD = "-- What all {count} migrations up to {last} make; written by `python docs/tables.py`."
_BETWEEN = ";\n"


def make_whole(database: Database, names: Sequence[str]) -> bool:
    """Make every table in an empty database, inside the caller's transaction.

    Args:
        database: A database that has had no migration yet.
        names: All migrations, in order.

    Returns:
        False where there are no statements for it, and nothing was done.
    """
    if not database.is_sqlite or not _FILE.exists():
        return False
    head, _, statements = _FILE.read_text().partition("\n")
    if head != _head(names):
        return False
    for statement in statements.split(_BETWEEN)[:-1]:
        database.execute(statement)
    record(database, names)
    return True


def whole_schema(database: Database, names: Sequence[str]) -> str:
    """Return what the file has to hold, from a SQLite database that all migrations were applied to.

    Args:
        database: That database.
        names: All migrations, in order.
    """
    sql = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid"
    rows = database.execute(sql).fetchall()
    return _head(names) + "\n" + "".join(text + _BETWEEN for (text,) in rows)


def _head(names: Sequence[str]) -> str:
    """Return what tells the migrations that statements were written for from any others."""
    return _HEAD.format(count=len(names), last=names[-1])


def write_whole_schema(database: Database, names: Sequence[str]) -> None:
    """Write the file anew; see `whole_schema`."""
    _FILE.write_text(whole_schema(database, names))
