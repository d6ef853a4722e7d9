"""Rows of `run_tags`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from models.database.connection import database

_INSERT = "INSERT INTO run_tags (run_id, name, value) VALUES (?, ?, ?)"
#: How many runs are asked about at once.
_PAGE = 500


class TagsDao:
    """Adds and reads the tags of runs. Methods that write join the caller's transaction."""

    @staticmethod
    def add(run_id: str, tags: Mapping[str, str]) -> None:
        """Give a run tags; it must have none of these names."""
        for name, value in tags.items():
            database().execute(_INSERT, (run_id, name, value))

    @staticmethod
    def of_run(run_id: str) -> dict[str, str]:
        """Return the tags of a run by their names, in order."""
        return TagsDao.of_runs([run_id]).get(run_id, {})

    @staticmethod
    def of_runs(run_ids: Iterable[str]) -> dict[str, dict[str, str]]:
        """Return the tags of runs; a run without any is left out."""
        wanted = list(run_ids)
        found: dict[str, dict[str, str]] = {}
        for first in range(0, len(wanted), _PAGE):
            page = wanted[first : first + _PAGE]
            marks = ", ".join("?" * len(page))
            sql = (
                "SELECT run_id, name, value FROM run_tags"  # noqa: S608 - placeholders
                f" WHERE run_id IN ({marks}) ORDER BY run_id, name"
            )
            for run_id, name, value in database().execute(sql, page).fetchall():
                found.setdefault(run_id, {})[name] = value
        return found
