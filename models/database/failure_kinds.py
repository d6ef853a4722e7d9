"""What went wrong with a database: which kind it is, whether waiting can cure it, what to tell.

SQLite and PostgreSQL say it by numbers and SQLSTATEs. Their words are read only where they say it
by nothing else: a table that is missing in SQLite, and a server that takes no more connections.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Struct

from models.codes import Code
from models.database.peewee_alone import peewee
from models.errors import DatabaseUnavailableError, system_code
from models.system_limits import NO_MORE_FILES, opens_files

_SQLITE: Mapping[int, Code] = MappingProxyType(
    {
        sqlite3.SQLITE_BUSY: Code.DATABASE_LOCKED,
        sqlite3.SQLITE_LOCKED: Code.DATABASE_LOCKED,
        sqlite3.SQLITE_FULL: Code.DISK_FULL,
        sqlite3.SQLITE_READONLY: Code.DATABASE_UNWRITABLE,
        sqlite3.SQLITE_PERM: Code.DATABASE_UNWRITABLE,
        sqlite3.SQLITE_CORRUPT: Code.DATABASE_DAMAGED,
    }
)
#: What a full disk says where the index of the write-ahead log cannot grow, and what a quota that
#: is used up, or a limit on a file's size, says anywhere.
_IOERRS_OF_FULL = {sqlite3.SQLITE_IOERR | (19 << 8), sqlite3.SQLITE_IOERR | (3 << 8)}
#: SQLSTATEs, or the first two characters of them.
_POSTGRES: Mapping[str, Code] = MappingProxyType(
    {
        "53100": Code.DISK_FULL,
        "53300": Code.DATABASE_CONNECTIONS_USED_UP,
        "55P03": Code.DATABASE_LOCKED,
        "40": Code.DATABASE_LOCKED,
        "25006": Code.DATABASE_UNWRITABLE,
        "42501": Code.DATABASE_UNWRITABLE,
        "42P01": Code.DATABASE_OUTDATED,
        "42703": Code.DATABASE_OUTDATED,
        "22P02": Code.DATABASE_DAMAGED,  # a stored text that is no JSON
        "XX001": Code.DATABASE_DAMAGED,
        "XX002": Code.DATABASE_DAMAGED,
    }
)
#: Of what PostgreSQL reports as an operational error: a connection, its end, a lack of resources.
_PASSING_SQLSTATES = ("08", "25006", "25P03", "40", "53", "55", "57", "58")
#: PgBouncer has one SQLSTATE for all that it says itself; this it says of `pool_mode=statement`.
_OF_POOLER = "08P01"
_STATEMENT_POOLING = "statement pooling"
#: What a server or pooler that takes no more connections says where it has no SQLSTATE.
_NO_MORE_CONNECTIONS = (
    "too many clients",
    "too many connections",
    "connection slots are reserved",
    "no more connections allowed",
)
#: What to do about an SQLSTATE, where its code does not say it.
_POSTGRES_HINTS: Mapping[str, str] = MappingProxyType(
    {
        "25006": "The server only lets read: point SCOUT_DATABASE_URL at the primary, or name all"
        " hosts in it, with commas between them.",
        "3F000": "Create the schema that search_path names: CREATE SCHEMA NAME AUTHORIZATION ROLE",
        "42501": "Which rights on its tables the role lacks, says scout doctor. To make them it"
        " needs GRANT USAGE, CREATE ON SCHEMA NAME TO ROLE, or their owner runs: scout db migrate",
        "55P03": "Another session holds the rows or the table: see pg_stat_activity.",
        "57014": "The server took too long: see pg_stat_activity, and its load.",
        _OF_POOLER: "If PgBouncer stands in between, set its pool_mode to transaction, and let"
        " pool_size and its timeouts be enough.",
    }
)
_HINTS: Mapping[Code, str] = MappingProxyType(
    {
        Code.DISK_FULL: "Free some disk space, or raise the quota or the limit on a file's size"
        " (ulimit -f); what was written is kept.",
        Code.DATABASE_UNWRITABLE: "Make the file and its folder writable,"
        " or set SCOUT_DATABASE_URL.",
        Code.DATABASE_LOCKED: "Another program holds the file; close it and try again.",
        Code.DATABASE_OUTDATED: "Bring its schema up to date: scout db migrate; where that has"
        " nothing to do, scout doctor says what is lacking",
        Code.DATABASE_DAMAGED: "Put back a backup, or see SQLite's .recover. Rows that hold no"
        " JSON where there should be some: scout doctor --reconcile",
        Code.DATABASE_CONNECTIONS_USED_UP: "Each worker process needs its threads and 4 more: raise"
        " max_connections or the role's CONNECTION LIMIT, start fewer, or put PgBouncer between.",
        Code.DATABASE_UNAVAILABLE: "Check that it is running and SCOUT_DATABASE_URL is right.",
    }
)
#: So many errors are looked through for the driver's.
_CHAIN_MAX = 20
_NO_FOLDER = "Check that the folder exists and may be written to."
_SQLITE_HINTS: Mapping[int, str] = MappingProxyType(
    {
        sqlite3.SQLITE_CANTOPEN: _NO_FOLDER,
        sqlite3.SQLITE_IOERR: "The system cannot read or write the file: look at the disk.",
        sqlite3.SQLITE_NOTADB: "Move the file away, or point SCOUT_DATABASE_URL at another one.",
    }
)


class _Said(Struct, frozen=True):
    """What the driver reported: SQLite's primary result code, PostgreSQL's SQLSTATE, or neither."""

    sqlite: int | None = None
    sqlstate: str | None = None
    from_postgres: bool = False


def database_code(exc: BaseException) -> Code:
    """Return what kind of trouble with the database an error of a driver, or the system, is."""
    if isinstance(exc, OSError):
        return _system_code(exc)
    said, text = _said(exc), str(exc)
    if said.sqlite is not None and said.sqlite in _SQLITE:
        return _SQLITE[said.sqlite]
    # SQLite has one number for all that is wrong with a statement.
    if said.sqlite == sqlite3.SQLITE_ERROR and ("no such table" in text or "no such col" in text):
        return Code.DATABASE_OUTDATED
    if said.sqlite == sqlite3.SQLITE_ERROR and "malformed JSON" in text:
        return Code.DATABASE_DAMAGED
    state = said.sqlstate or ""
    if said.from_postgres and not state and any(words in text for words in _NO_MORE_CONNECTIONS):
        return Code.DATABASE_CONNECTIONS_USED_UP
    return _POSTGRES.get(state) or _POSTGRES.get(state[:2]) or Code.DATABASE_UNAVAILABLE


def may_pass(exc: BaseException) -> bool:
    """Say whether a database error is one that waiting can cure: a lock, or a lost connection."""
    passing = (peewee.OperationalError, peewee.InterfaceError, peewee.InternalError)
    if not isinstance(exc, passing):
        return False
    said = _said(exc)
    if said.sqlite is not None:
        return database_code(exc) is Code.DATABASE_LOCKED
    if said.sqlstate is not None:
        by_statement = said.sqlstate == _OF_POOLER and _STATEMENT_POOLING in str(exc)
        return said.sqlstate.startswith(_PASSING_SQLSTATES) and not by_statement
    if not said.from_postgres:
        return isinstance(exc, peewee.InterfaceError)
    return True  # no connection was made: passwords change, and databases are put back, too


def unavailable(label: str, exc: BaseException) -> DatabaseUnavailableError:
    """Return the error that tells a person what is wrong with the database."""
    text = " ".join(str(exc).split())
    code, hint = database_code(exc), ""
    if isinstance(exc, OSError):
        hint = _NO_FOLDER if code is Code.DATABASE_UNAVAILABLE and exc.filename else ""
    elif (said := _said(exc)).sqlite is not None:
        hint = _SQLITE_HINTS.get(said.sqlite, "")
        if hint is _NO_FOLDER and not opens_files():
            hint = NO_MORE_FILES
    else:
        hint = _POSTGRES_HINTS.get(said.sqlstate or "", "")
    return DatabaseUnavailableError(f"Database {label}: {text}.", hint or _HINTS[code], code=code)


def _system_code(exc: OSError) -> Code:
    """Return what it means that the system refused the file or its folder."""
    unwritable = isinstance(exc, PermissionError)
    otherwise = Code.DATABASE_UNWRITABLE if unwritable else Code.DATABASE_UNAVAILABLE
    return system_code(exc, otherwise)


def _said(exc: BaseException) -> _Said:
    """Return what the driver's error says, which Peewee's own error of the same name came from.

    Peewee may wrap an error twice, and what it came from is then two steps back.
    """
    waiting: list[BaseException | None] = [exc]
    for one in waiting:  # grows while it is read
        number = getattr(one, "sqlite_errorcode", None)
        if isinstance(number, int):
            return _Said(sqlite=_primary(number))  # the primary code of an extended one
        origin = type(one).__module__.partition(".")[0]
        if origin == "psycopg":
            return _Said(sqlstate=getattr(one, "sqlstate", None), from_postgres=True)
        if origin == "peewee" and one is not None and len(waiting) < _CHAIN_MAX:
            waiting += [one.__cause__, one.__context__]
    return _Said()


def _primary(number: int) -> int:
    """Return the primary result code of an extended one."""
    return sqlite3.SQLITE_FULL if number in _IOERRS_OF_FULL else number & 0xFF


def first_error(exc: BaseException) -> BaseException:
    """Return what went wrong, not that there was nothing left to roll back after it.

    On a full disk SQLite rolls back by itself, and Peewee's own rollback then fails.
    """
    while "no transaction is active" in str(exc) and exc.__context__ is not None:
        exc = exc.__context__
    return exc
