"""Rows of `pair_verdicts`, counted; steps read and write them with Peewee."""

from __future__ import annotations

from models.database.connection import database


class VerdictsDao:
    """Says what a model was asked about pairs."""

    @staticmethod
    def count_valid(run_id: str, prompt_version: str) -> int:
        """Return how many pairs of a run have a verdict by a version of the prompt."""
        sql = (
            "SELECT count(*) FROM pair_verdicts"
            " WHERE run_id = ? AND status = 'valid' AND prompt_version = ?"
        )
        return int(database().execute(sql, (run_id, prompt_version)).fetchone()[0])
