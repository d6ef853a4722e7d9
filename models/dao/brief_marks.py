"""Rows of `brief_marks`: what people say of proposed groups, whichever run proposed them."""

from __future__ import annotations

from dataclasses import dataclass

from models.database.connection import database

_COLUMNS = "group_key, mark, note, run_id, actor, created_at"


@dataclass(frozen=True, slots=True)
class MarkRow:
    """A row of `brief_marks`; the time is ISO 8601 text."""

    group_key: str
    mark: str
    note: str
    run_id: str
    actor: str
    created_at: str


class BriefMarksDao:
    """Adds marks, and says which hold."""

    @staticmethod
    def add(row: MarkRow) -> None:
        """Insert a mark; joins the caller's transaction."""
        sql = f"INSERT INTO brief_marks ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?)"  # noqa: S608
        values = (row.group_key, row.mark, row.note, row.run_id, row.actor, row.created_at)
        database().execute(sql, values)

    @staticmethod
    def newest() -> dict[str, MarkRow]:
        """Return the newest mark of every group that has one, by the group's key."""
        sql = f"SELECT {_COLUMNS} FROM brief_marks ORDER BY id"  # noqa: S608 - constant columns
        rows = (MarkRow(*row) for row in database().execute(sql).fetchall())
        return {row.group_key: row for row in rows}
