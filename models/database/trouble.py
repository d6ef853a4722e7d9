"""What went wrong with a database: whether waiting can cure it, and what to tell a person."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import peewee

from models.errors import DatabaseUnavailableError


def may_pass(exc: BaseException) -> bool:
    """Say whether a database error is one that waiting can cure: a lock, or a lost connection."""
    if not isinstance(exc, (peewee.OperationalError, peewee.InterfaceError)):
        return False
    text = str(exc).lower()
    if "locked" in text or "busy" in text:
        return True
    cause = exc.__cause__ or exc.__context__
    from_postgres = type(cause).__module__.startswith("psycopg") or "connection" in text
    return from_postgres and "does not exist" not in text and "authentication" not in text


def unavailable(label: str, exc: BaseException) -> DatabaseUnavailableError:
    """Return the error that tells a person what is wrong with the database."""
    text = " ".join(str(exc).split())
    for sign, hint in (
        ("disk is full", "Free some disk space; the rows that are there can still be read."),
        ("readonly", "Make the file and its folder writable, or set SCOUT_DATABASE_URL."),
        ("read-only", "Make the file and its folder writable, or set SCOUT_DATABASE_URL."),
        ("not a database", "Move the file away, or point SCOUT_DATABASE_URL at another one."),
        ("file exists", "Check that the folder exists and may be written to."),
        ("not a directory", "Check that the folder exists and may be written to."),
        ("unable to open", "Check that the folder exists and may be written to."),
        ("locked", "Another program holds the file; close it and try again."),
    ):
        if sign in text.lower():
            return DatabaseUnavailableError(f"Database {label}: {text}.", hint)
    return DatabaseUnavailableError(
        f"Database {label}: {text}.", "Check that it is running and SCOUT_DATABASE_URL is right."
    )


@contextmanager
def first_error() -> Iterator[None]:
    """Raise what went wrong, not that there was nothing left to roll back after it.

    On a full disk SQLite rolls back by itself, and Peewee's own rollback then fails.
    """
    try:
        yield
    except peewee.OperationalError as exc:
        if "no transaction is active" not in str(exc):
            raise
        first: BaseException = exc
        while "no transaction is active" in str(first) and first.__context__ is not None:
            first = first.__context__
        raise first from None
