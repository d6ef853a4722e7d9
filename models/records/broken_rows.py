"""Rows that hold something else than the JSON that Scout wrote there, and how to name them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.dao.any_table import keys_of_rows_with, rows_of_run
from models.errors import BrokenRecordError
from models.tables.base import Table
from models.tables.every import TABLES
from models.text.canonical_json import loads

#: What tells a row from others, where its table has such a column.
_KEYS = ("run_id", "name", "full_name", "key", "id")
_NAMED_MAX = 3


def broken_rows_of_run(run_id: str) -> list[str]:
    """Return what of a run's rows is no JSON, as sentences."""
    return [
        f"{_named(table, column, row)} is no JSON"
        for table in TABLES
        if "run_id" in (columns := _columns(table)) and any(map(is_json, columns))
        for row in rows_of_run(table, run_id)
        for column in filter(is_json, columns)
        if not _holds_json(row[column])
    ]


def rows_with(text: str) -> list[str]:
    """Return the names of the first rows that hold a text where JSON should be."""
    found: list[str] = []
    for table in TABLES:
        columns = _columns(table)
        keys = [name for name in _KEYS if name in columns] or columns[:1]
        for column in filter(is_json, columns):
            rows = keys_of_rows_with(table, column, text, columns=keys, limit=_NAMED_MAX)
            found += [_named(table, column, row) for row in rows]
    return found[:_NAMED_MAX]


def _holds_json(text: str | None) -> bool:
    """Say whether a text of a column for JSON is some, or is not there."""
    try:
        loads(text)
    except BrokenRecordError:
        return False
    return True


def _columns(table: type[Table]) -> list[str]:
    return [field.column_name for field in table._meta.sorted_fields]


def is_json(column: str) -> bool:
    """Say whether a column is one for JSON."""
    return column.endswith("_json")


def _named(table: type[Table], column: str, row: Mapping[str, Any]) -> str:
    names = [name for name in _KEYS if row.get(name) is not None] or list(row)[:1]
    key = ", ".join(f"{name} {row[name]}" for name in names)
    return f"{column} of {table._meta.table_name} ({key})"
