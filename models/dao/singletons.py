"""Rows of `singletons`: jobs that one process at a time may do, and until when it has them."""

from __future__ import annotations

from msgspec import Struct

from models.database.connection import database

_TAKE = (
    "INSERT INTO singletons (name, holder, expires_at) VALUES (?, ?, ?)"
    " ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at"
    " WHERE singletons.holder = excluded.holder OR singletons.expires_at < ?"
)


#: Not a job: who died last, and when. What that process had taken from the broker is lost.
LAST_DEATH = "death"


def lone_start(run_id: str, step: str, attempts: int) -> str:
    """Return the name of the job of starting a step alone that was begun so often."""
    return f"alone:{run_id}:{step}:{attempts}"


class SingletonRow(Struct, frozen=True):
    """A row of `singletons`; the time is ISO 8601 text."""

    name: str
    holder: str
    expires_at: str


class SingletonsDao:
    """Gives turns. Methods that write join the caller's transaction."""

    @staticmethod
    def all() -> list[SingletonRow]:
        """Return every job that somebody took, by name."""
        sql = "SELECT name, holder, expires_at FROM singletons ORDER BY name"
        return [SingletonRow(*row) for row in database().execute(sql).fetchall()]

    @staticmethod
    def take(name: str, holder: str, now: str, until: str) -> bool:
        """Take a job, or keep it longer; returns whether no other holder has it now."""
        return bool(database().execute(_TAKE, (name, holder, until, now)).rowcount)

    @staticmethod
    def expiry(name: str) -> str | None:
        """Return until when a job was taken, or None."""
        sql = "SELECT expires_at FROM singletons WHERE name = ?"
        row = database().execute(sql, (name,)).fetchone()
        return str(row[0]) if row else None

    @staticmethod
    def release_all(holder: str) -> None:
        """Take all jobs from a process that has ended."""
        database().execute("DELETE FROM singletons WHERE holder = ?", (holder,))

    @staticmethod
    def forget_before(moment: str) -> None:
        """Delete the turns that ended before a time."""
        database().execute("DELETE FROM singletons WHERE expires_at < ?", (moment,))
