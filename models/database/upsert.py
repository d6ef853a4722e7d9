"""Rows by the batch: inserted or updated on a natural key.

Works on SQLite and PostgreSQL. The SQL is made of the names of our own tables and columns only;
values are always parameters. It is made once for each shape of a batch: making it costs as much as
running it (docs/decisions.md, "What things cost").
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from models.database.connection import database

#: SQLite before 3.32 allows no more than 999 parameters in a statement.
MAX_PARAMETERS = 900
_Names = tuple[str, ...]


def upsert(table: str, rows: Sequence[Mapping[str, Any]], key: Sequence[str]) -> None:
    """Insert rows; where the key is there already, overwrite the columns that the rows name.

    Args:
        table: The name of the table where the rows go; the key must have a unique index.
        rows: Values by column name; all rows name the same columns.
        key: The columns of the natural key; no two rows of one call may share it.
    """
    _insert(table, rows, key, overwrite=True)


def insert_missing(table: str, rows: Sequence[Mapping[str, Any]], key: Sequence[str]) -> None:
    """Insert the rows whose key is not there yet, and leave the others as they are.

    Args:
        table: The name of the table where the rows go; the key must have a unique index.
        rows: Values by column name; all rows name the same columns.
        key: The columns of the natural key.
    """
    _insert(table, rows, key, overwrite=False)


def update_each(table: str, rows: Sequence[Mapping[str, Any]], key: Sequence[str]) -> None:
    """Give rows that are there new values, each its own; a row that is not there is left out.

    Args:
        table: The name of the table where the rows stand.
        rows: Values by column name, the key's among them; all rows name the same columns.
        key: The columns that say which row is meant.
    """
    if not rows:
        return
    columns = tuple(sorted(rows[0], key=lambda name: name in key))  # what changes comes first
    sql = _update_sql(table, columns, tuple(key))
    database().execute_each(sql, [[row[name] for name in columns] for row in rows])


def _insert(
    table: str, rows: Sequence[Mapping[str, Any]], key: Sequence[str], *, overwrite: bool
) -> None:
    if not rows:
        return
    columns = tuple(rows[0])
    for chunk in _chunks(rows, max(1, MAX_PARAMETERS // len(columns))):
        sql = _insert_sql(table, columns, len(chunk), tuple(key), overwrite)
        database().execute(sql, [row[column] for row in chunk for column in columns])


@lru_cache(maxsize=256)
def _insert_sql(table: str, columns: _Names, count: int, key: _Names, overwrite: bool) -> str:
    marks = ", ".join([f"({', '.join('?' * len(columns))})"] * count)
    changes = ", ".join(f'"{name}" = excluded."{name}"' for name in columns if name not in key)
    return (
        f'INSERT INTO "{table}" ({_names(columns)}) VALUES {marks} ON CONFLICT ({_names(key)})'  # noqa: S608
        f" DO {f'UPDATE SET {changes}' if overwrite else 'NOTHING'}"
    )


@lru_cache(maxsize=64)
def _update_sql(table: str, columns: _Names, key: _Names) -> str:
    values = ", ".join(f'"{name}" = ?' for name in columns if name not in key)
    which = " AND ".join(f'"{name}" = ?' for name in columns if name in key)
    return f'UPDATE "{table}" SET {values} WHERE {which}'  # noqa: S608


def _names(columns: Sequence[str]) -> str:
    return ", ".join(f'"{column}"' for column in columns)


def _chunks(rows: Sequence[Mapping[str, Any]], size: int) -> Iterator[Sequence[Mapping[str, Any]]]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
