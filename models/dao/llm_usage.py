"""Rows of `llm_usage`, added up: requests, tokens and cost of the language model."""

from __future__ import annotations

from msgspec import Struct

from models.database.connection import database


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
    def embedding_tokens_per_repo() -> float | None:
        """Return what vectors took for each repository that was read; None where no run asked."""
        sql = (
            "SELECT sum(prompt_tokens), (SELECT count(*) FROM repos WHERE status = 'hydrated'"
            " AND run_id IN (SELECT run_id FROM llm_usage WHERE kind = 'embedding'))"
            " FROM llm_usage WHERE kind = 'embedding'"
        )
        tokens, repos = database().execute(sql).fetchone()
        return float(tokens) / repos if tokens and repos else None

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
