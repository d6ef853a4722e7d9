"""Rows of `brief_marks`: what people say of proposed groups, whichever run proposed them."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import astuple

from models.database.connection import database

_COLUMNS = "group_key, mark, note, run_id, actor, created_at, repo_ids_json"


class MarkRow(Struct, frozen=True):
    """A row of `brief_marks`; the time is ISO 8601 text.

    repo_ids_json holds GitHub's ids of the members by their names in lower case, as far as they are
    known; None in the rows of an older Scout.
    """

    group_key: str
    mark: str
    note: str
    run_id: str
    actor: str
    created_at: str
    repo_ids_json: str | None


class BriefMarksDao:
    """Adds marks, and says which hold."""

    @staticmethod
    def add(row: MarkRow) -> None:
        """Insert a mark; joins the caller's transaction."""
        sql = f"INSERT INTO brief_marks ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
        database().execute(sql, astuple(row))

    @staticmethod
    def all() -> list[MarkRow]:
        """Return all marks, the newest last; `models.views.repo_names` says which hold."""
        sql = f"SELECT {_COLUMNS} FROM brief_marks ORDER BY id"  # noqa: S608 - constant columns
        return [MarkRow(*row) for row in database().execute(sql).fetchall()]
