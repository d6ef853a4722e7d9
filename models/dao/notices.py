"""Rows of `notices`: what is to be told, and whether it was."""

from __future__ import annotations

from collections.abc import Collection

from msgspec import Struct

from models.database.connection import database
from models.statuses import NoticeStatus
from models.text.clean import clean_text

_ENDED = (
    "SELECT run_id, status, finished_at FROM runs WHERE finished_at >= ? AND status IN ({})"
    " ORDER BY finished_at, run_id"
)
_ADD = (
    "INSERT INTO notices (run_id, about, moment, receiver, status, tries, due_at)"
    " VALUES (?, ?, ?, ?, 'due', 0, ?) ON CONFLICT (run_id, about, moment, receiver) DO NOTHING"
)
_DUE = (
    "SELECT id, run_id, about, moment, receiver, tries FROM notices"
    " WHERE status = 'due' AND due_at <= ? ORDER BY due_at, id LIMIT 50"
)
_CLAIM = (
    "UPDATE notices SET status = 'sending', tries = tries + 1, claimed_at = ?"
    " WHERE id = ? AND status = 'due'"
)
_END = "UPDATE notices SET status = ?, sent_at = ?, error = ?, due_at = ? WHERE id = ?"
_LOST = (
    "UPDATE notices SET status = 'unknown', error = 'the process died while it sent it'"
    " WHERE status = 'sending' AND claimed_at < ?"
)


class NoticeRow(Struct, frozen=True):
    """What is to be told: see `models.tables.notices`."""

    id: int
    run_id: str
    about: str
    moment: str
    receiver: str
    tries: int


class NoticesDao:
    """Keeps what is to be told. Methods that write join the caller's transaction."""

    @staticmethod
    def ended(since: str, statuses: Collection[str]) -> list[tuple[str, str, str]]:
        """Return the runs that have ended since a time with one of some statuses, and when."""
        if not statuses:
            return []
        sql = _ENDED.format(", ".join("?" * len(statuses)))
        rows = database().execute(sql, (since, *statuses)).fetchall()
        return [(run_id, status, at) for run_id, status, at in rows]

    @staticmethod
    def last_sign(run_id: str) -> str:
        """Return when anything last happened to a run's steps: a stall has one such moment."""
        sql = (
            "SELECT coalesce(max(coalesce(lease_expires_at, due_at, finished_at, '')), '')"
            " FROM run_steps WHERE run_id = ?"
        )
        return str(database().execute(sql, (run_id,)).fetchone()[0])

    @staticmethod
    def add(run_id: str, about: str, moment: str, receiver: str, now: str) -> bool:
        """Add what is to be told; returns whether it was not there."""
        return bool(database().execute(_ADD, (run_id, about, moment, receiver, now)).rowcount)

    @staticmethod
    def due(now: str) -> list[NoticeRow]:
        """Return what is to be sent now, the oldest first."""
        return [NoticeRow(*row) for row in database().execute(_DUE, (now,)).fetchall()]

    @staticmethod
    def claim(notice_id: int, now: str) -> bool:
        """Take what is to be sent; returns whether nobody was faster."""
        return bool(database().execute(_CLAIM, (now, notice_id)).rowcount)

    @staticmethod
    def end(
        notice_id: int, status: NoticeStatus, now: str, error: str = "", due_at: str = ""
    ) -> None:
        """Note what became of it.

        Args:
            notice_id: The row.
            status: sent, failed, or due for another try.
            now: The time.
            error: Why it was not sent, for people.
            due_at: When to try again.
        """
        sent_at = now if status is NoticeStatus.SENT else None
        params = (status, sent_at, clean_text(error, 500) or None, due_at or now, notice_id)
        database().execute(_END, params)

    @staticmethod
    def give_up_lost(claimed_before: str) -> int:
        """Note that it is not known what became of what was claimed so long ago."""
        return int(database().execute(_LOST, (claimed_before,)).rowcount)
