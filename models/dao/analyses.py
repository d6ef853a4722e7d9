"""Rows of `analyses`, counted and judged; steps read and write them with Peewee."""

from __future__ import annotations

from collections.abc import Sequence

from models.database.connection import database

#: How many of the newest analyses are looked through for what a search would find.
LOOKED_THROUGH = 3_000
_KNOWN = """
    SELECT count(DISTINCT full_name) FROM analyses
    WHERE id > (SELECT max(id) FROM analyses) - ? AND status = 'valid'
        AND prompt_version = ? AND full_name IN ({})
"""


class AnalysesDao:
    """Says what came of a run's analyses."""

    @staticmethod
    def count_valid(run_id: str, prompt_version: str | None = None) -> int:
        """Return how many valid analyses a run has, of one prompt or of any."""
        sql = "SELECT count(*) FROM analyses WHERE run_id = ? AND status = 'valid'"
        params: tuple[str, ...] = (run_id,)
        if prompt_version is not None:
            sql, params = f"{sql} AND prompt_version = ?", (run_id, prompt_version)
        return int(database().execute(sql, params).fetchone()[0])

    @staticmethod
    def count_known(names: Sequence[str], prompt_version: str) -> int:
        """Return of how many of some repositories the newest analyses know, made with a prompt."""
        marks = ", ".join("?" * len(names))
        params = (LOOKED_THROUGH, prompt_version, *names)
        cursor = database().execute(_KNOWN.format(marks), params)
        return int(cursor.fetchone()[0]) if names else 0

    @staticmethod
    def outcomes(run_id: str) -> list[tuple[str, str | None]]:
        """Return status and error of each analysis that the model was asked for, in order."""
        sql = (
            "SELECT status, error FROM analyses"
            " WHERE run_id = ? AND status <> 'awaited' ORDER BY id"
        )
        return [tuple(row) for row in database().execute(sql, (run_id,)).fetchall()]
