"""Rows of `rankings`: what repositories score in a run without a language model."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from models.database.connection import database

_COLUMNS = "id, full_name, score, scoring_policy, keywords_json, inputs_json, components_json"
_WITH_REPO = (
    "FROM rankings k JOIN repos r ON r.run_id = k.run_id AND r.full_name = k.full_name"
    " WHERE k.run_id = ?"
)


class RankingRow(Struct, frozen=True):
    """A row of `rankings`; see `models.tables.results.Ranking`."""

    id: int
    full_name: str
    score: float
    scoring_policy: str
    keywords_json: str
    inputs_json: str
    components_json: str


class RankingsDao:
    """Reads the rankings of runs."""

    @staticmethod
    def of_run(run_id: str) -> list[RankingRow]:
        """Return a run's rankings, in no order."""
        sql = f"SELECT {_COLUMNS} FROM rankings WHERE run_id = ?"  # noqa: S608 - constant columns
        return [RankingRow(*row) for row in database().rows(sql, (run_id,))]

    @staticmethod
    def find(run_id: str, full_name: str) -> RankingRow | None:
        """Return the ranking of a repository, or None where it has none."""
        sql = f"SELECT {_COLUMNS} FROM rankings WHERE run_id = ? AND full_name = ?"  # noqa: S608
        rows = database().rows(sql, (run_id, full_name))
        return RankingRow(*rows[0]) if rows else None

    @staticmethod
    def of_pass(run_id: str, pass_number: int) -> list[tuple[str, float, str, str]]:
        """Return name, score, keywords and inputs as JSON of a pass's rankings, in no order."""
        sql = (
            f"SELECT k.full_name, k.score, k.keywords_json, k.inputs_json {_WITH_REPO}"
            " AND r.found_in_pass = ?"
        )
        return database().rows(sql, (run_id, pass_number))

    @staticmethod
    def with_inputs(run_id: str) -> list[tuple[Any, ...]]:
        """Return a run's rankings with what their scores are made of, in no order.

        Returns:
            Name, policy, score; keywords, inputs and components as JSON; and the repository's
            description, topics as JSON, stars and GitHub's object as JSON.
        """
        sql = (
            "SELECT k.full_name, k.scoring_policy, k.score, k.keywords_json, k.inputs_json,"
            " k.components_json, r.description, r.topics_json, r.stars, r.payload_json"
            f" {_WITH_REPO}"
        )
        return database().rows(sql, (run_id,))
