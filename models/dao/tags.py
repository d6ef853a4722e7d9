"""Rows of `run_tags`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from models.database.connection import ANY_OF, database

_INSERT = "INSERT INTO run_tags (run_id, name, value) VALUES (?, ?, ?)"


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
        sql = (
            "SELECT run_id, name, value FROM run_tags"  # noqa: S608 - constant
            f" WHERE run_id {ANY_OF} ORDER BY run_id, name"
        )
        found: dict[str, dict[str, str]] = {}
        for run_id, name, value in database().rows(sql, [database().many(run_ids)]):
            found.setdefault(run_id, {})[name] = value
        return found
