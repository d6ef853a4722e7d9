"""What a run has spent on its language model, beside what it expected to before the first token."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from models.dao.audit import AuditDao
from models.dao.llm_usage import LlmUsageDao, ModelUse
from models.events import Event


class SpentOnModel(Struct, frozen=True):
    """What a run has spent, and the tokens that it said it would; None where it said nothing."""

    use: ModelUse
    expected_tokens: int | None = None
    at_most_tokens: int | None = None

    @property
    def off_share(self) -> float | None:
        """Return by what share of what was spent the forecast was too high; below 0: too low."""
        if self.expected_tokens is None or not self.use.tokens:
            return None
        return self.expected_tokens / self.use.tokens - 1

    def to_dict(self) -> dict[str, Any]:
        """Return both as JSON-like data."""
        off = self.off_share
        return {
            "requests": self.use.requests,
            "tokens": self.use.tokens,
            "cost_usd": self.use.cost_usd,
            "estimated": self.use.estimated,
            "expected_tokens": self.expected_tokens,
            "at_most_tokens": self.at_most_tokens,
            "off_share": None if off is None else round(off, 4),
        }


def spending(run_id: str) -> SpentOnModel | None:
    """Return what a run has spent so far; None where it asked no model anything."""
    use = LlmUsageDao.of_run(run_id)
    if use is None:
        return None
    row = AuditDao.newest(run_id, Event.LLM_FORECAST)
    tokens = row.data.get("tokens") if row else None
    if not isinstance(tokens, dict):
        return SpentOnModel(use)
    return SpentOnModel(use, tokens.get("expected"), tokens.get("at_most"))
