"""What steps came to in a window of time: how many, how long, why they failed, what they spent."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import Any

from msgspec import Struct

from models.clock import Clock, seconds_between, spoken
from models.dao.fleet import FleetDao
from models.dao.step_stats import StepStatsDao, StepTotals
from models.steps import STEP_NAMES


class StepLine(Struct, frozen=True):
    """What one step came to."""

    step: str
    totals: StepTotals

    @property
    def failures(self) -> int:
        """Return how many failed for good."""
        return sum(self.totals.failed.values())

    @property
    def tokens(self) -> int:
        """Return the tokens that were spent on the model."""
        spent = self.totals.model
        return int(spent.get("prompt_tokens", 0) + spent.get("completion_tokens", 0))

    @property
    def cost_usd(self) -> float | None:
        """Return what the model cost; None where nobody told it."""
        return self.totals.model.get("cost_usd")

    def duration_ms(self, share: float) -> float | None:
        """Return the duration within which a share of all last attempts ended; None without any."""
        return percentile(self.totals.durations_ms, share)

    def to_dict(self) -> dict[str, Any]:
        """Return the line as JSON-like data."""
        github, model = self.totals.github, self.totals.model
        return {
            "step": self.step,
            "runs": self.totals.done + self.failures,
            "succeeded": self.totals.done,
            "failed": self.failures,
            "error_codes": dict(sorted(self.totals.failed.items())),
            "retries": self.totals.more_attempts,
            "duration_ms": {
                "p50": self.duration_ms(0.5),
                "p95": self.duration_ms(0.95),
                "max": self.duration_ms(1.0),
            },
            "github": {
                "requests": int(github.get("sent", 0)),
                "unchanged": int(github.get("not_modified", 0)),
                "waits": int(github.get("throttle_waits", 0)),
            },
            "model": {
                "requests": int(model.get("requests", 0)),
                "prompt_tokens": int(model.get("prompt_tokens", 0)),
                "completion_tokens": int(model.get("completion_tokens", 0)),
                "cost_usd": self.cost_usd,
            },
        }


class Stats(Struct, frozen=True):
    """A window of time, and what is due now."""

    since: str
    now: str
    runs: dict[str, int]
    steps: list[StepLine]
    due: int
    oldest_due_age_s: float | None

    def to_dict(self) -> dict[str, Any]:
        """Return everything as JSON-like data; its shape is docs/schemas/stats.schema.json."""
        return {
            "format": "scout-stats/1",
            "since": self.since,
            "at": self.now,
            "runs": self.runs,
            "steps": [line.to_dict() for line in self.steps],
            "due": {"steps": self.due, "oldest_age_s": self.oldest_due_age_s},
        }


def view_stats(since_s: float, step: str | None = None, clock: Clock | None = None) -> Stats:
    """Return what ended in the last `since_s` seconds, of one step or all, and what is due."""
    clock = clock or Clock()
    now, since = clock.now_iso(), clock.now_iso(-since_s)
    totals = StepStatsDao.totals(since, (step,) if step else STEP_NAMES)
    due = FleetDao.due(now)
    ages_s = [seconds_between(one.oldest_at, now) for one in due]
    return Stats(
        since,
        now,
        StepStatsDao.runs_by_status(since),
        [StepLine(name, totals[name]) for name in STEP_NAMES if name in totals],
        sum(one.count for one in due),
        round(max(ages_s), 3) if ages_s else None,
    )


def percentile(ordered: Sequence[float], share: float) -> float | None:
    """Return the least of ordered numbers that a share of all does not exceed; None of none."""
    if not ordered:
        return None
    return ordered[max(0, ceil(share * len(ordered)) - 1)]


def due_words(count: int, oldest_age_s: float | None) -> str:
    """Return how many steps wait for a thread, and for how long the oldest has."""
    if not count:
        return "nothing is due"
    what = "step is" if count == 1 else "steps are"
    return f"{count:,} {what} due, the oldest for {spoken(oldest_age_s or 0.0)}"
