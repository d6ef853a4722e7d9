"""From a URL to a database: SQLite's file, or a PostgreSQL server."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

from models.database.connection import Database
from models.database.sqlite_file import SqliteFile
from models.errors import ConfigError
from models.settings.runtime import Settings
from models.settings.table import DATABASE_URL
from models.settings.urls import scheme_of, without_credentials
from models.text.typed_path import whole_path

#: Seconds that SQLite itself waits for another process's lock before it says "locked".
BUSY_TIMEOUT_S = 10.0
_PARAMETER = re.compile(r'URI query parameter: "(\w+)"')


def connect(settings: Settings, *, statement_s: float | None = None) -> Database:
    """Return the database that the settings name, without opening it.

    Args:
        settings: Where it is.
        statement_s: How long a server may work on a statement, where that is not the usual time.

    Raises:
        ConfigError: The URL cannot be used, or the PostgreSQL driver is not installed.
    """
    url = settings.database_url
    scheme = scheme_of(url)
    label = without_credentials(url)
    if scheme == "sqlite":
        busy_timeout_s = min(BUSY_TIMEOUT_S, settings.database_wait_s)
        return Database(_sqlite(_sqlite_path(url), busy_timeout_s), label, settings.database_wait_s)
    if scheme in {"postgresql", "postgres"}:
        return Database(_postgres(url, statement_s), label, settings.database_wait_s)
    raise DATABASE_URL.refused(url, "of an unknown scheme")


def _sqlite(path: str, busy_timeout_s: float) -> Any:
    return SqliteFile(
        path,
        pragmas={"journal_mode": "wal", "synchronous": 1, "foreign_keys": 1},
        timeout=busy_timeout_s,
        lock_type="IMMEDIATE",
    )


def _postgres(url: str, statement_s: float | None) -> Any:
    try:
        import psycopg
    except ImportError as exc:
        from models.install_hint import library_missing

        raise library_missing(
            f"{DATABASE_URL.spoken_name()} names PostgreSQL, but its driver is not installed.",
            "postgres",
        ) from exc
    normal = url.replace("postgres://", "postgresql://", 1)
    from models.database.postgres import ServerDatabase

    try:
        return ServerDatabase(normal, statement_s)
    except psycopg.Error as exc:
        parameter = _PARAMETER.search(str(exc))  # libpq's words may quote the whole URL
        what = f" (look at its parameter {parameter.group(1)})" if parameter else ""
        raise DATABASE_URL.refused(url, f"no address that its driver understands{what}") from None


def _sqlite_path(url: str) -> str:
    if "?" in url:
        raise DATABASE_URL.refused(url, "more than a file's path: SQLite takes no parameters")
    rest = url.partition(":")[2]
    if not rest.startswith("///"):
        raise DATABASE_URL.refused(url, "no file's path: three slashes stand before one")
    path = unquote(rest[3:])
    if not path or path == ":memory:":
        raise ConfigError(
            f"{DATABASE_URL.spoken_name()} {url!r} names no file.",
            "Worker threads cannot share a memory database; use sqlite:////absolute/path.db.",
        )
    return str(whole_path(path, DATABASE_URL.spoken_name()))
