"""From what happens to what is counted."""

from __future__ import annotations

from collections.abc import Mapping

from models.audit import Entry, Prepared
from models.clock import seconds_between
from models.events import Event
from models.listeners import Exchange, ModelCall
from models.statuses import RunStatus
from models.views.attempts import ENDINGS
from workers.metrics import catalogue as of
from workers.metrics.counts import Counts

_RUN_ENDS: Mapping[str, RunStatus] = {
    Event.RUN_FINISHED: RunStatus.SUCCESS,
    Event.RUN_FAILED: RunStatus.FAILED,
    Event.RUN_CANCELLED: RunStatus.CANCELLED,
}
_THROTTLES: Mapping[str, str] = {Event.GITHUB_THROTTLE: "github", Event.LLM_THROTTLE: "model"}
_ITEMS: Mapping[str, str] = {
    Event.REPO_HYDRATE_FAILED: "repository",
    Event.LLM_ITEM_FAILED: "answer",
    Event.ITEM_UNEXPECTED_ERROR: "unexpected",
}


class Counting:
    """A listener that adds what it is told to sums.

    Args:
        counts: The sums.
    """

    def __init__(self, counts: Counts) -> None:
        self._counts = counts

    def __call__(self, happening: object) -> None:
        """Count one thing that happened."""
        if isinstance(happening, Prepared):
            self._entry(happening.entry, happening.row.ts)
        elif isinstance(happening, Exchange):
            outcome = _outcome(happening.status)
            self._counts.observe(
                of.REQUESTS, happening.service, outcome, value_s=happening.duration_s
            )
        elif isinstance(happening, ModelCall):
            self._model_call(happening)

    def _entry(self, entry: Entry, ts: str) -> None:
        counts, event = self._counts, entry.event
        if event in ENDINGS:
            if not gave_up(entry):
                outcome = str(ENDINGS[event])
                counts.observe(of.STEPS, entry.scope, outcome, value_s=_duration_s(entry, ts))
            if event is Event.STEP_FAILED and entry.cause is not None:
                counts.add(of.FAILURES, str(entry.cause.code))
        elif event in _RUN_ENDS:
            counts.add(of.RUNS, str(_RUN_ENDS[event]))
        elif event is Event.STEP_OVERDUE:
            counts.add(of.OVERDUE, entry.scope)
        elif event in _THROTTLES:
            wait_s = float(entry.data.get("wait_ms") or 0.0) / 1000
            counts.add(of.THROTTLED, _THROTTLES[event], amount=wait_s)
        elif event in _ITEMS:
            counts.add(of.ITEMS_FAILED, _ITEMS[event])

    def _model_call(self, one: ModelCall) -> None:
        counts = self._counts
        counts.add(of.LLM_CALLS, "failed" if one.error_type else "answered")
        counts.add(of.LLM_TOKENS, "prompt", amount=one.prompt_tokens)
        counts.add(of.LLM_TOKENS, "completion", amount=one.completion_tokens)
        counts.add(of.LLM_COST, amount=one.cost_usd or 0.0)


def gave_up(entry: Entry) -> bool:
    """Say whether a step failed without an attempt: the last one has had its own end, if any."""
    return entry.event is Event.STEP_FAILED and (
        "interruptions" in entry.data or entry.attempt is None
    )


def _duration_s(entry: Entry, ts: str) -> float:
    """Return how long an attempt took; of one that was cut off, until that was seen."""
    if entry.duration_ms is not None:
        return entry.duration_ms / 1000
    started_at = entry.data.get("started_at")
    return max(0.0, seconds_between(started_at, ts)) if isinstance(started_at, str) else 0.0


def _outcome(status: int | None) -> str:
    if status is None:
        return "no_answer"
    if status == 304:
        return "not_modified"
    if status < 400:
        return "ok"
    return "client_error" if status < 500 else "server_error"
