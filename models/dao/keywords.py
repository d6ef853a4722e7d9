"""Rows of `keywords`: what a run's best repositories are about."""

from __future__ import annotations

from msgspec import Struct

from models.database.connection import database


class KeywordRow(Struct, frozen=True):
    """A row of `keywords`; rank 1 weighs most."""

    rank: int
    keyword: str
    weight: float
    repos_json: str


class KeywordsDao:
    """Reads and counts the keywords of runs, and makes room for others."""

    @staticmethod
    def count(run_id: str) -> int:
        """Return how many keywords a run has."""
        sql = "SELECT count(*) FROM keywords WHERE run_id = ?"
        return int(database().execute(sql, (run_id,)).fetchone()[0])

    @staticmethod
    def of_run(run_id: str) -> list[KeywordRow]:
        """Return a run's keywords, the heaviest first."""
        sql = (
            "SELECT rank, keyword, weight, repos_json FROM keywords WHERE run_id = ? ORDER BY rank"
        )
        return [KeywordRow(*row) for row in database().rows(sql, (run_id,))]

    @staticmethod
    def delete_of_run(run_id: str) -> None:
        """Delete a run's keywords inside the caller's transaction."""
        database().execute("DELETE FROM keywords WHERE run_id = ?", (run_id,))
