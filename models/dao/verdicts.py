"""Rows of `pair_verdicts`: what a model was asked about pairs, and what it said."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from models.database.connection import ANY_OF, database


class VerdictsDao:
    """Reads what a model was asked about pairs."""

    @staticmethod
    def count_valid(run_id: str, prompt_version: str) -> int:
        """Return how many pairs of a run have a verdict by a version of the prompt."""
        sql = (
            "SELECT count(*) FROM pair_verdicts"
            " WHERE run_id = ? AND status = 'valid' AND prompt_version = ?"
        )
        return int(database().execute(sql, (run_id, prompt_version)).fetchone()[0])

    @staticmethod
    def valid(run_id: str) -> list[tuple[str, float, str, str, str]]:
        """Return a run's usable verdicts in the order in which they were stored.

        Returns:
            Key of the pair, fit, reason, quotes as JSON, and model.
        """
        sql = (
            "SELECT pair_key, fit, reason, quotes_json, model FROM pair_verdicts"
            " WHERE run_id = ? AND status = 'valid' ORDER BY id"
        )
        return database().rows(sql, (run_id,))

    @staticmethod
    def statuses(run_id: str) -> list[tuple[str, str, str]]:
        """Return key, hash of the input and status of what a run has asked, in no order."""
        sql = "SELECT pair_key, input_hash, status FROM pair_verdicts WHERE run_id = ?"
        return database().rows(sql, (run_id,))

    @staticmethod
    def of_inputs(hashes: Collection[str], without: str) -> list[tuple[Any, ...]]:
        """Return valid verdicts on some inputs in other runs than one, the oldest first.

        Returns:
            Hash of the input, fit, reason, quotes as JSON, model, the run that it was reused from
            if it was, and run.
        """
        sql = (
            "SELECT input_hash, fit, reason, quotes_json, model, reused_from, run_id"  # noqa: S608
            f" FROM pair_verdicts WHERE input_hash {ANY_OF} AND status = 'valid' AND run_id <> ?"
            " ORDER BY id"
        )
        return database().rows(sql, (database().many(hashes), without))
