"""Rows of any table, for what looks at all of them: `scout doctor` counts, bundles copy.

The SQL is made of the names of our own tables and columns, or of names from the catalogue, quoted.
"""

from __future__ import annotations

from typing import Any

from models.database.connection import database
from models.tables.base import Table

#: Columns that order the rows of a run; an `id` orders those of every other table.
_ORDER = {"run_steps": "position", "runs": "run_id"}


def count_rows() -> dict[str, int]:
    """Return how many rows each table of the database has, by its name."""
    counts = {}
    for table in sorted(database().peewee.get_tables()):
        sql = f"SELECT count(*) FROM {_quoted(table)}"  # noqa: S608 - quoted
        counts[table] = int(database().execute(sql).fetchone()[0])
    return counts


def rows_of_run(table: type[Table], run_id: str) -> list[dict[str, Any]]:
    """Return the rows of a run in order, each with its values by column."""
    columns = [field.column_name for field in table._meta.sorted_fields]
    name = table._meta.table_name
    sql = (
        f"SELECT {', '.join(map(_quoted, columns))} FROM {_quoted(name)}"  # noqa: S608 - our names
        f" WHERE run_id = ? ORDER BY {_ORDER.get(name, 'id')}"
    )
    rows = database().execute(sql, (run_id,)).fetchall()
    return [dict(zip(columns, row, strict=True)) for row in rows]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
