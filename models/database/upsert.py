"""Rows by the batch: read as tuples, inserted or updated on a natural key.

Works on SQLite and PostgreSQL. The SQL is made of the names of our own tables and columns only;
values are always parameters. Peewee's `insert_many` writes the same statement, but building it
costs several times more than running it (docs/decisions.md, "What things cost").
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from peewee import TextField

from models.tables.base import Table, proxy

#: SQLite before 3.32 allows no more than 999 parameters in a statement.
MAX_PARAMETERS = 900


def fetch_all(query: Any) -> list[tuple[Any, ...]]:
    """Return the rows of a Peewee query as tuples, in the order of its columns."""
    answer = query.tuples().execute()
    rows: list[tuple[Any, ...]] = answer.cursor.fetchall()
    if not rows:
        return rows
    answer.initialize()  # row by row Peewee takes as long as the database
    columns: Iterable[Iterable[Any]] = zip(*rows, strict=True)
    converted = (
        column if _is_as_stored(convert) else map(convert, column)
        for column, convert in zip(columns, answer.converters, strict=True)
    )
    return list(zip(*converted, strict=True))


def _is_as_stored(convert: Any) -> bool:
    """Say whether a column needs no conversion: text, which most are, comes as text."""
    return convert is None or isinstance(getattr(convert, "__self__", None), TextField)


def upsert(table: type[Table], rows: Sequence[Mapping[str, Any]], key: Sequence[str]) -> None:
    """Insert rows; where the key is there already, overwrite the columns that the rows name.

    Args:
        table: Where the rows go; the key must have a unique index.
        rows: Values by column name; all rows name the same columns.
        key: The columns of the natural key; no two rows of one call may share it.
    """
    if rows:
        changes = ", ".join(f'"{name}" = excluded."{name}"' for name in rows[0] if name not in key)
        _insert(table, rows, key, f"UPDATE SET {changes}")


def insert_missing(
    table: type[Table], rows: Sequence[Mapping[str, Any]], key: Sequence[str]
) -> None:
    """Insert the rows whose key is not there yet, and leave the others as they are.

    Args:
        table: Where the rows go; the key must have a unique index.
        rows: Values by column name; all rows name the same columns.
        key: The columns of the natural key.
    """
    if rows:
        _insert(table, rows, key, "NOTHING")


def update_each(table: type[Table], rows: Sequence[Mapping[str, Any]], key: Sequence[str]) -> None:
    """Give rows that are there new values, each its own; a row that is not there is left out.

    Args:
        table: Where the rows stand.
        rows: Values by column name, the key's among them; all rows name the same columns.
        key: The columns that say which row is meant.
    """
    if not rows:
        return
    changed = [name for name in rows[0] if name not in key]
    values, which = (
        joint.join(f'"{name}" = {proxy.param}' for name in names)
        for joint, names in ((", ", changed), (" AND ", key))
    )
    sql = f'UPDATE "{table._meta.table_name}" SET {values} WHERE {which}'  # noqa: S608
    for row in rows:
        proxy.execute_sql(sql, [row[name] for name in (*changed, *key)])


def _insert(
    table: type[Table], rows: Sequence[Mapping[str, Any]], key: Sequence[str], action: str
) -> None:
    columns = list(rows[0])
    row_marks = f"({', '.join([proxy.param] * len(columns))})"
    for chunk in _chunks(rows, max(1, MAX_PARAMETERS // len(columns))):
        marks = ", ".join([row_marks] * len(chunk))
        sql = (
            f'INSERT INTO "{table._meta.table_name}" ({_names(columns)}) VALUES {marks}'  # noqa: S608
            f" ON CONFLICT ({_names(key)}) DO {action}"
        )
        proxy.execute_sql(sql, [row[column] for row in chunk for column in columns])


def _names(columns: Sequence[str]) -> str:
    return ", ".join(f'"{column}"' for column in columns)


def _chunks(rows: Sequence[Mapping[str, Any]], size: int) -> Iterator[Sequence[Mapping[str, Any]]]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
