"""One short note per step, and per run, for people: what came out of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from models.dao import StepRow
from models.statuses import RunStatus
from models.views.missing import stat
from models.views.run_view import RunView
from models.views.spending import spending

#: Where a step's stats say what it spent on the model.
_USAGE = ("usage", "analyses.usage")

#: Step to its counts: where each is in the stats, and its word for one and for several.
_COUNTS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "github_rate_limit_snapshot": (
        ("buckets.search.remaining", "search left", "searches left"),
        ("buckets.core.remaining", "request left", "requests left"),
    ),
    "github_search_pass1": (("found", "repo", "repos"), ("pages", "page", "pages")),
    "hydrate_repo_metadata": (
        ("hydrated", "repo", "repos"),
        ("requests.not_modified", "unchanged", "unchanged"),
        ("gone", "gone", "gone"),
        ("failed", "failed", "failed"),
    ),
    "hydrate_readme": (
        ("found", "README", "READMEs"),
        ("requests.not_modified", "unchanged", "unchanged"),
        ("missing", "missing", "missing"),
        ("failed", "failed", "failed"),
    ),
    "llm_repo_analysis": (
        ("valid", "analysis", "analyses"),
        ("reused", "reused", "reused"),
        ("invalid", "invalid", "invalid"),
        ("failed", "failed", "failed"),
    ),
    "keyword_aggregate": (
        ("rankings.ranked", "repo ranked", "repos ranked"),
        ("keywords", "keyword", "keywords"),
    ),
    "github_search_pass2": (
        ("search.new", "new repo", "new repos"),
        ("search.queries", "query", "queries"),
        ("metadata.failed", "without metadata", "without metadata"),
        ("readmes.failed", "README failed", "READMEs failed"),
        ("analyses.valid", "analysis", "analyses"),
        ("analyses.reused", "reused", "reused"),
        ("analyses.invalid", "invalid", "invalid"),
        ("analyses.failed", "failed", "failed"),
        ("rankings.ranked", "ranked", "ranked"),
    ),
    "llm_brief_generate": (
        ("written", "brief", "briefs"),
        ("composed", "without a model's text", "without a model's text"),
        ("shortlisted", "shortlisted", "shortlisted"),
        ("rejected_by_threshold", "below --min-score", "below --min-score"),
        ("judge.judged", "pair judged", "pairs judged"),
        ("kept_out", "kept out", "kept out"),
        ("invalid", "invalid", "invalid"),
        ("failed", "failed", "failed"),
    ),
    "export_markdown": (
        ("ranked", "repo ranked", "repos ranked"),
        ("briefs", "brief", "briefs"),
        ("files", "file", "files"),
    ),
}


def step_note(step: StepRow) -> str:
    """Return the few words that matter about a step that has ended, from its stats.

    The first count is told even where it is zero, the others only where they are not.
    """
    stats = step.stats
    words = _counted(step)
    if stat(stats, "judge.reason"):
        words.append("not judged" if not stat(stats, "judge.judged") else "some not judged")
    if stats.get("capped") is True:
        words.append("capped")
    for path in _USAGE:
        usage = stat(stats, path)
        if isinstance(usage, dict) and usage.get("requests"):
            words += _spent(usage)
    return ", ".join(words)


def run_note(view: RunView) -> str:
    """Return what a list says of a run: why it stands where it does, or what it has brought."""
    if view.reading.text:
        return view.reading.text
    if view.reading.step:
        return f"failed at {view.reading.step}"
    return result_note(view.steps) if view.run.status is RunStatus.SUCCESS else ""


def result_note(steps: Iterable[StepRow]) -> str:
    """Return what a run has brought: the first count of its export; empty where it made none."""
    exports = (step for step in steps if step.name == "export_markdown")
    return next((words[0] for step in exports if (words := _counted(step))), "")


def _counted(step: StepRow) -> list[str]:
    words: list[str] = []
    for path, one, several in _COUNTS.get(step.name, ()):
        value = stat(step.stats, path)
        if isinstance(value, int) and (value or not words):
            words.append(f"{value:,} {one if value == 1 else several}")
    return words


def spent_line(run_id: str) -> str:
    """Return what a run has spent on its model, beside what it expected; empty for nothing."""
    spent = spending(run_id)
    if spent is None:
        return ""
    use, expected = spent.use, spent.expected_tokens
    words = spent_words(use.tokens, use.cost_usd, estimated=use.estimated)
    requests = f"{use.requests:,} request{'' if use.requests == 1 else 's'}"
    line = f"model: {', '.join([requests, *words])}"
    return line if expected is None else f"{line}; {expected:,} tokens were expected"


def spent_words(tokens: int, cost_usd: float | None, *, estimated: bool) -> list[str]:
    """Return what a model cost, for people: `61,000 tokens`, and `$0.02` where it is known."""
    words = [f"{'about ' if estimated else ''}{tokens:,} token{'' if tokens == 1 else 's'}"]
    return words if cost_usd is None else [*words, dollars(cost_usd)]


def dollars(amount: float) -> str:
    """Return US dollars: in cents, and smaller sums with as many digits as they need."""
    if 0 < amount < 0.0001:
        return "under $0.0001"
    return f"${amount:,.2f}" if amount >= 0.01 or not amount else f"${amount:.4f}"


def _spent(usage: dict[str, Any]) -> list[str]:
    counts = [usage.get("prompt_tokens"), usage.get("completion_tokens")]
    tokens = sum(count for count in counts if isinstance(count, int))
    cost = usage.get("cost_usd")
    cost_usd = float(cost) if isinstance(cost, (int, float)) else None
    return spent_words(tokens, cost_usd, estimated=usage.get("estimated") is True)
