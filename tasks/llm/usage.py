"""What a live run spends on its language model, and when it has spent enough."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from msgspec import Struct

from models.dao.llm_usage import LlmUsageDao
from models.database.upsert import upsert
from tasks.sources.interface import ModelAnswer
from tasks.step import StepContext


class Spent(Struct, frozen=True):
    """What was paid; cost_usd is None where nothing was said about it."""

    requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float | None = None
    estimated: bool = False

    @property
    def tokens(self) -> int:
        """Return all tokens."""
        return self.prompt_tokens + self.completion_tokens

    def plus(self, answer: ModelAnswer) -> Spent:
        """Return this and one more answer."""
        return self.and_(
            Spent(
                1,
                answer.prompt_tokens,
                answer.completion_tokens,
                answer.cost_usd,
                answer.estimated,
            )
        )

    def and_(self, other: Spent) -> Spent:
        """Return the sum of two."""
        costs = [cost for cost in (self.cost_usd, other.cost_usd) if cost is not None]
        return Spent(
            self.requests + other.requests,
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
            sum(costs) if costs else None,
            self.estimated or other.estimated,
        )


def save_spent(context: StepContext, kind: str, spent: Mapping[str, Spent]) -> None:
    """Add what was spent on items to their rows; called inside the caller's `save`.

    Args:
        context: The step that works.
        kind: analysis or brief.
        spent: What this attempt spent, by item.
    """
    paid = {item: one for item, one in spent.items() if one.requests}
    if context.args.dry or not paid:
        return
    before = _by_item(context.run_id, kind, paid)
    rows = [
        {
            "run_id": context.run_id,
            "kind": kind,
            "item": item,
            "requests": total.requests,
            "prompt_tokens": total.prompt_tokens,
            "completion_tokens": total.completion_tokens,
            "cost_usd": total.cost_usd,
            "estimated": total.estimated,
            "updated_at": context.now_iso(),
        }
        for item, one in paid.items()
        for total in [one.and_(before.get(item, Spent()))]
    ]
    upsert("llm_usage", rows, ("run_id", "kind", "item"))


def spent_on(run_id: str, kind: str, items: Sequence[str] | None = None) -> Spent:
    """Return what a run has spent on one kind of thing, or on some of them."""
    total = Spent()
    for one in _by_item(run_id, kind, items).values():
        total = total.and_(one)
    return total


def usage_stats(spent: Spent) -> dict[str, Any]:
    """Return what was spent as it stands in a step's stats."""
    stats: dict[str, Any] = {
        "requests": spent.requests,
        "prompt_tokens": spent.prompt_tokens,
        "completion_tokens": spent.completion_tokens,
    }
    if spent.cost_usd is not None:
        stats["cost_usd"] = round(spent.cost_usd, 6)
    if spent.estimated:
        stats["estimated"] = True
    return stats


class TokenBudget:
    """`--max-llm-tokens` over a whole run; may be asked from several threads.

    Requests that are under way when it runs out are let through, so it can be passed by as much
    as those use. A dry run spends nothing.

    Args:
        context: The step that works.
    """

    def __init__(self, context: StepContext) -> None:
        self.limit = None if context.args.dry else context.args.max_llm_tokens
        self._lock = threading.Lock()
        self._spent = 0 if self.limit is None else LlmUsageDao.tokens(context.run_id)

    @property
    def is_exhausted(self) -> bool:
        """Say whether nothing more may be asked."""
        return self.limit is not None and self._spent >= self.limit

    def spend(self, tokens: int) -> None:
        """Count tokens that were paid for."""
        with self._lock:
            self._spent += tokens

    def reason(self, left_undone: str) -> str:
        """Return what the budget did, for people."""
        return f"--max-llm-tokens {self.limit}: {left_undone}"


def _by_item(run_id: str, kind: str, items: Collection[str] | None = None) -> dict[str, Spent]:
    rows = LlmUsageDao.items(run_id, kind, items)
    return {row[0]: Spent(row[1], row[2], row[3], row[4], bool(row[5])) for row in rows}
