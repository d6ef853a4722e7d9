"""What a step's requests to GitHub came to, for its stats."""

from __future__ import annotations

from typing import Any

from tasks.step import StepContext


def request_stats(context: StepContext) -> dict[str, Any]:
    """Return `requests` with the counts of this attempt, or nothing where none can be made.

    All other stats are counted from stored rows, so that an interruption does not change them.
    Requests are what an attempt spent, so their counts name the attempt.
    """
    counters = context.sources.github.counters()
    return {"requests": {"attempt": context.attempt, **counters}} if counters else {}
