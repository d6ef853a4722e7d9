"""Whether a database can be written now, how much room it has, and what time it is there.

The question is put as a worker would: with Scout's own connection and its turn at the lock. The
statement changes no row, so nothing is written.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from models.clock import shared_time
from models.codes import Code
from models.database import connection as db
from models.database.completeness import check_complete
from models.database.drivers import connect
from models.database.failure_kinds import unavailable
from models.database.peewee_alone import peewee
from models.errors import DatabaseUnavailableError
from models.settings.runtime import Settings
from models.text.clean import clean_text

#: Seconds that a probe waits for the write lock; whoever holds it longer keeps workers from work.
WAIT_S = 3.0
#: The privileges, the lock and a server's read-only mode are looked at although no row is meant.
_WRITES_NOTHING = "UPDATE workers SET pid = pid WHERE 1 = 0"


class DatabaseProbe(Struct, frozen=True):
    """What a database that was asked to write said.

    Args:
        code: What kind of trouble there is; None where it can be written.
        error: The trouble in words; empty without any.
        hint: What to do about it.
        free_bytes: Room on the disk of SQLite's file; None for a server, which does not say.
        clock_ahead_s: By how much the database's time is ahead of this machine's clock.
    """

    code: Code | None = None
    error: str = ""
    hint: str = ""
    free_bytes: int | None = None
    clock_ahead_s: float = 0.0

    @property
    def writable(self) -> bool:
        """Say whether rows can be written now."""
        return self.code is None


def probe_database(settings: Settings) -> DatabaseProbe:
    """Ask a database with Scout's tables to write; it must exist."""
    impatient = replace(settings, database_wait_s=min(WAIT_S, settings.database_wait_s))
    database = connect(impatient)
    free_bytes = _free_bytes(database.path)
    try:
        with database.write():
            database.execute(_WRITES_NOTHING)
        check_complete(database)
        return DatabaseProbe(None, "", "", free_bytes, _clock_ahead_s())
    except (peewee.PeeweeException, OSError, DatabaseUnavailableError) as exc:
        found = (
            exc if isinstance(exc, DatabaseUnavailableError) else unavailable(database.label, exc)
        )
        return DatabaseProbe(found.code, clean_text(found.message), found.hint, free_bytes)
    finally:
        database.close_thread()


def free_bytes_of(settings: Settings) -> int | None:
    """Return the room on the disk of SQLite's file; None without a folder, or for a server."""
    return _free_bytes(connect(settings).path)


def _free_bytes(path: Path | None) -> int | None:
    try:
        return shutil.disk_usage(path.parent).free if path else None
    except FileNotFoundError:
        return None


def _clock_ahead_s() -> float:
    """Return the difference, which the connection has measured."""
    return round(-shared_time.ahead_s, 3) + 0.0


def page_count() -> int:
    """Return how many pages the file of the open database has; SQLite's only."""
    return int(db.database().execute("PRAGMA page_count").fetchone()[0])
