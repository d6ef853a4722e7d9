"""How much a run found: rows of `github_queries`, `repos` and `keywords`, counted.

Steps read and write them with Peewee.
"""

from __future__ import annotations

from typing import Any

from models.database.connection import database


class SearchesDao:
    """Counts rows of `github_queries`."""

    @staticmethod
    def count(run_id: str, pass_number: int | None = None) -> int:
        """Return how many searches a run made, in one pass or in all."""
        sql = "SELECT count(*) FROM github_queries WHERE run_id = ?"
        params: tuple[Any, ...] = (run_id,)
        if pass_number is not None:
            sql, params = f"{sql} AND pass_number = ?", (run_id, pass_number)
        return int(database().execute(sql, params).fetchone()[0])

    @staticmethod
    def matches(run_id: str, pass_number: int) -> int:
        """Return how many repositories the searches of a pass match, also beyond those kept."""
        sql = "SELECT sum(total_count) FROM github_queries WHERE run_id = ? AND pass_number = ?"
        return int(database().execute(sql, (run_id, pass_number)).fetchone()[0] or 0)


class ReposDao:
    """Counts rows of `repos`."""

    @staticmethod
    def count_hydrated(run_id: str) -> int:
        """Return how many repositories of a run have their metadata."""
        sql = "SELECT count(*) FROM repos WHERE run_id = ? AND status = 'hydrated'"
        return int(database().execute(sql, (run_id,)).fetchone()[0])

    @staticmethod
    def count_found(run_id: str, pass_number: int) -> int:
        """Return how many repositories a pass was the first to find."""
        sql = "SELECT count(*) FROM repos WHERE run_id = ? AND found_in_pass = ?"
        return int(database().execute(sql, (run_id, pass_number)).fetchone()[0])


class KeywordsDao:
    """Counts rows of `keywords`."""

    @staticmethod
    def count(run_id: str) -> int:
        """Return how many keywords a run has."""
        sql = "SELECT count(*) FROM keywords WHERE run_id = ?"
        return int(database().execute(sql, (run_id,)).fetchone()[0])
