"""Rows of `llm_usage`, added up: requests, tokens and cost of the language model."""

from __future__ import annotations

from collections.abc import Collection

from msgspec import Struct

from models.database.connection import ANY_OF, database

#: Tokens of vectors, and the repositories that they were for: with a model, and without one.
_PER_ANALYSED = """
    SELECT sum(prompt_tokens),
        (SELECT count(*) FROM llm_usage WHERE kind = 'analysis' AND requests > 0)
    FROM llm_usage WHERE kind = 'embedding'
        AND run_id IN (SELECT run_id FROM llm_usage WHERE kind IN ('analysis', 'brief'))
"""
_PER_READ = """
    SELECT sum(prompt_tokens),
        (SELECT count(*) FROM repos WHERE status = 'hydrated'
            AND run_id IN (SELECT run_id FROM llm_usage WHERE kind = 'embedding')
            AND run_id NOT IN (SELECT run_id FROM llm_usage WHERE kind IN ('analysis', 'brief')))
    FROM llm_usage WHERE kind = 'embedding'
        AND run_id NOT IN (SELECT run_id FROM llm_usage WHERE kind IN ('analysis', 'brief'))
"""


class ModelUse(Struct, frozen=True):
    """What a run has spent on its language model; the cost is None where nobody told it."""

    requests: int
    tokens: int
    cost_usd: float | None
    estimated: bool


class ItemAverage(Struct, frozen=True):
    """What one item of a kind took on average, over all runs."""

    requests: float
    tokens: float


class LlmUsageDao:
    """Adds up what the language model was asked for."""

    @staticmethod
    def of_run(run_id: str) -> ModelUse | None:
        """Return what a run has spent on its language model, or None where it asked none."""
        sql = (
            "SELECT sum(requests), sum(prompt_tokens + completion_tokens), sum(cost_usd),"
            " max(CASE WHEN estimated THEN 1 ELSE 0 END) FROM llm_usage WHERE run_id = ?"
        )
        requests, tokens, cost_usd, estimated = database().execute(sql, (run_id,)).fetchone()
        if not requests:
            return None
        cost_usd = None if cost_usd is None else float(cost_usd)
        return ModelUse(int(requests), int(tokens), cost_usd, bool(estimated))

    @staticmethod
    def tokens(run_id: str) -> int:
        """Return all tokens that a run has paid for."""
        sql = (
            "SELECT coalesce(sum(prompt_tokens + completion_tokens), 0) FROM llm_usage"
            " WHERE run_id = ?"
        )
        return int(database().rows(sql, (run_id,))[0][0])

    @staticmethod
    def items(
        run_id: str, kind: str, items: Collection[str] | None = None
    ) -> list[tuple[str, int, int, int, float | None, bool]]:
        """Return what a run has spent on each item of a kind, or on each of some.

        Returns:
            Item, requests, tokens of prompts and answers, cost, and whether it is estimated.
        """
        sql = (
            "SELECT item, requests, prompt_tokens, completion_tokens, cost_usd, estimated"
            " FROM llm_usage WHERE run_id = ? AND kind = ?"
        )
        if items is None:
            return database().rows(sql, (run_id, kind))
        return database().rows(f"{sql} AND item {ANY_OF}", (run_id, kind, database().many(items)))

    @staticmethod
    def count_items(run_id: str, kind: str) -> int:
        """Return about how many items of a kind a run asked anything."""
        sql = "SELECT count(*) FROM llm_usage WHERE run_id = ? AND kind = ? AND requests > 0"
        return int(database().execute(sql, (run_id, kind)).fetchone()[0])

    @staticmethod
    def embedding_tokens_per_repo(*, with_analyses: bool) -> float | None:
        """Return what the vectors of a repository's texts took; None where no run asked for any.

        Texts that are known already take nothing, so only repositories that are new are counted:
        those that a model was asked about or, in runs without one, all that were read.
        """
        sql = _PER_ANALYSED if with_analyses else _PER_READ
        tokens, count = database().execute(sql).fetchone()
        return float(tokens) / count if tokens and count else None

    @staticmethod
    def averages() -> dict[str, ItemAverage]:
        """Return what items took that anything was asked about, by their kind."""
        sql = (
            "SELECT kind, sum(requests), sum(prompt_tokens + completion_tokens), count(*)"
            " FROM llm_usage WHERE requests > 0 GROUP BY kind"
        )
        return {
            kind: ItemAverage(float(requests) / items, float(tokens) / items)
            for kind, requests, tokens, items in database().execute(sql).fetchall()
        }
