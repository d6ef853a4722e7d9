"""Copies of SQLite databases, so that a run that takes long to make is made once."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import peewee


def copy_database(source: Path, target: Path) -> None:
    """Copy a database with what stands in its write-ahead log."""
    with closing(sqlite3.connect(source)) as one, closing(sqlite3.connect(target)) as other:
        one.backup(other)


def sqlite_error(number: int, words: str) -> peewee.OperationalError:
    """Return an error as Peewee raises it, with SQLite's own, which has the number, behind it."""
    error, driver = peewee.OperationalError(words), sqlite3.OperationalError(words)
    driver.sqlite_errorcode = number
    error.__cause__ = driver
    return error


def locked_error() -> peewee.OperationalError:
    """Return what is raised where another connection holds SQLite's lock."""
    return sqlite_error(sqlite3.SQLITE_BUSY, "database is locked")


def fetch_all(query: Any) -> list[tuple[Any, ...]]:
    """Return the rows of a Peewee query as tuples, in the order of its columns."""
    return list(query.tuples())
