"""Rows of any table, for what goes over all of them: doctor counts, bundles copy, prune removes.

The SQL is made of the names of our own tables and columns, or of names from the catalogue, quoted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from models.database.connection import database
from models.database.peewee_alone import peewee
from models.tables.base import Table

#: Columns that order the rows of a run; an `id` orders those of every other table.
_ORDER = {"run_steps": "position", "runs": "run_id", "run_tags": "name"}


def count_rows() -> dict[str, int]:
    """Return how many rows each table of Scout's in the database has, by its name."""
    from models.tables.every import TABLE_NAMES

    counts = {}
    for table in sorted(TABLE_NAMES.intersection(database().peewee.get_tables())):
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


def keys_of_rows_with(
    table: type[Table], column: str, text: str, *, columns: Sequence[str], limit: int
) -> list[dict[str, Any]]:
    """Return some columns of the first rows that hold a text in another one."""
    sql = (
        f"SELECT {', '.join(map(_quoted, columns))} FROM {_quoted(table._meta.table_name)}"  # noqa: S608 - our names
        f" WHERE {_quoted(column)} = ? LIMIT {limit:d}"
    )
    rows = database().execute(sql, (text,)).fetchall()
    return [dict(zip(columns, row, strict=True)) for row in rows]


def bytes_of_run(table: type[Table], run_id: str) -> int:
    """Return how many bytes the texts of a run's rows have in a table."""
    cast = "length(CAST({} AS BLOB))" if database().is_sqlite else "octet_length({})"
    texts = [
        f"coalesce({cast.format(_quoted(field.column_name))}, 0)"
        for field in table._meta.sorted_fields
        if isinstance(field, peewee.TextField)
    ]
    sql = (
        f"SELECT coalesce(sum({' + '.join(texts) or '0'}), 0)"  # noqa: S608 - our names
        f" FROM {_quoted(table._meta.table_name)} WHERE run_id = ?"
    )
    return int(database().execute(sql, (run_id,)).fetchone()[0])


def delete_rows_of_run(table: type[Table], run_id: str) -> int:
    """Delete a run's rows of a table inside the caller's transaction; returns how many."""
    sql = f"DELETE FROM {_quoted(table._meta.table_name)} WHERE run_id = ?"  # noqa: S608 - our name
    return int(database().execute(sql, (run_id,)).rowcount)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
