"""What time it is by a database's clock, and how the processes on it come to agree.

A server says it itself. SQLite's clock is the machine's, which a person or NTP may set back: what
its processes know of the time before that stands in a row, for those that start afterwards.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from models.clock import from_iso, running_s, shared_time
from models.database.connection import Database
from models.database.peewee_alone import peewee

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_READ = "SELECT max(started_at_s) FROM machine_clocks WHERE boot_id = ?"
_KEEP = (
    "INSERT INTO machine_clocks (boot_id, started_at_s) VALUES (?, ?) ON CONFLICT (boot_id)"
    " DO UPDATE SET started_at_s = excluded.started_at_s"
    " WHERE machine_clocks.started_at_s < excluded.started_at_s"
)
_FORGET = "DELETE FROM machine_clocks WHERE boot_id <> ?"
_LAST_SIGN = "SELECT max(heartbeat_at) FROM workers"
#: Differences below this are how long it takes to look at two clocks.
_SAME_S = 0.001


def ask_server(connection: Any, also: str = "") -> tuple[Any, ...]:
    """Take over the time of a PostgreSQL server over a connection to it.

    Args:
        connection: The driver's connection.
        also: What else to ask in the same trip: expressions, each with a comma before it.

    Returns:
        The answers to them.
    """
    asked_s = running_s()
    sql = f"SELECT extract(epoch FROM clock_timestamp()){also}"  # noqa: S608 - constant parts
    row = connection.execute(sql).fetchone()
    shared_time.follow_server(float(row[0]), asked_s, running_s())
    return tuple(row[1:])


def learn_time(database: Database) -> None:
    """Take over the time of SQLite's machine, as other processes have it; writes nothing.

    A server's time is learnt with every connection.
    """
    if not database.is_sqlite:
        return
    shared_time.follow_machine()
    try:
        shared_time.follow_machine(_known_start(database))
    except peewee.PeeweeException:  # a database without tables, or of an older schema
        return


def keep_time(database: Database) -> None:
    """Learn the time anew, and let those that start later know; called every few seconds."""
    if not database.is_sqlite:
        with peewee.__exception_wrapper__:  # type: ignore[attr-defined]  # or nobody connects anew
            ask_server(database.peewee.connection())
        return
    learn_time(database)
    boot, started_at_s = _boot_id(), shared_time.started_at_s
    (known_s,) = database.execute(_READ, (boot,)).fetchone()
    if boot and (known_s is None or known_s < started_at_s - _SAME_S):

        def work() -> None:
            database.execute(_FORGET, (boot,))
            database.execute(_KEEP, (boot, started_at_s))

        database.transact(work)


def _known_start(database: Database) -> float | None:
    """Return when this machine was started, as its processes have it on record.

    After a start it is not earlier than the last sign of life says: a clock that came up behind
    would keep the leases of the dead alive.
    """
    (known_s,) = database.execute(_READ, (_boot_id(),)).fetchone()
    if known_s is not None:
        return float(known_s)
    (last_at,) = database.execute(_LAST_SIGN).fetchone()
    return from_iso(last_at).timestamp() - running_s() if last_at else None


@cache
def _boot_id() -> str:
    """Return what this start of the machine is called, or nothing where the system does not say."""
    try:
        return _BOOT_ID.read_text().strip()
    except OSError:
        return ""
