"""SQLite's file, and what happens to it under a process that has it open.

A file that is deleted or replaced stays where its connections are: what is written there is lost,
and nobody is told. So each write looks first, at the file and at its write-ahead log: one that is
deleted keeps what is written from all who come later.
"""

from __future__ import annotations

import logging
import os
import threading
from typing import Any

from models.database.peewee_alone import peewee
from models.errors import DatabaseUnavailableError
from models.events import Event

logger = logging.getLogger(__name__)


class SqliteFile(peewee.SqliteDatabase):
    """A SQLite database that knows which file its connections have open."""

    def __init__(self, *args: Any, **how: Any) -> None:
        super().__init__(*args, **how)
        self._opened = threading.local()
        self._told: tuple[int, int] | None = None
        self._was_there = False
        self._log = f"{self.database}-wal"

    def look(self, label: str) -> None:
        """Leave a connection whose file is no longer the one that stands there.

        Args:
            label: The database's name for people.

        Raises:
            DatabaseUnavailableError: There is none any more, nothing is in it, or its write-ahead
                log is not the one that the connection writes to.
        """
        there, size = _stat(self.database)
        if there is None or (size == 0 and not self.is_closed()):
            if not self.is_closed():
                self.close()
            raise _gone(label)
        if self.is_closed():
            return
        if there == self._opened.file:
            if self._opened.log is not None and _stat(self._log)[0] != self._opened.log:
                raise _log_gone(label)  # and stay: a connection made now would find another log
            return
        self.close()
        if self._told != there:
            self._told = there
            logger.error(
                "The file of database %s is another one than before. What was written since it was"
                " replaced is lost; runs in hand that it does not know are given up.",
                label,
                extra={"event": Event.DATABASE_REPLACED},
            )

    def have(self, name: str, script: str) -> None:
        """See to it that this thread's connection has what a script makes in it, and calls so."""
        connection = self.connection()  # type: ignore[no-untyped-call]
        if name not in self._opened.has:
            connection.executescript(script)
            self._opened.has.add(name)

    def _connect(self) -> Any:
        if self._was_there and _stat(self.database)[0] is None:  # or SQLite would make an empty one
            raise _gone(f"sqlite:///{self.database}")
        connection = super()._connect()  # type: ignore[misc]
        self._opened.file = _stat(self.database)[0]
        self._opened.log = _stat(self._log)[0]
        self._opened.has = set()
        self._was_there = True
        return connection


def _stat(path: str) -> tuple[tuple[int, int] | None, int]:
    """Return which file a path leads to, or None, and how large it is."""
    try:
        found = os.stat(path)  # noqa: PTH116 - at every write: a path costs as much again
    except OSError:
        return None, 0
    return (found.st_dev, found.st_ino), found.st_size


def _log_gone(label: str) -> DatabaseUnavailableError:
    return DatabaseUnavailableError(
        f"Database {label}: its write-ahead log (-wal) was deleted or moved away.",
        "Stop every command that uses it: the last one to end writes back what it has. Then go on.",
    )


def _gone(label: str) -> DatabaseUnavailableError:
    return DatabaseUnavailableError(
        f"Database {label}: its file was deleted or moved away, or emptied.",
        "Put it back, or stop every worker and start them anew, which makes an empty one.",
    )
