"""What stands below a forecast: what it goes by, and what it cannot know."""

from __future__ import annotations

from collections.abc import Iterator

from models.run_args import RunArgs
from tasks.forecast.found import Found
from tasks.forecast.history import Earlier, History
from tasks.sources.github.quotas import LIMITS


def notes(args: RunArgs, history: History, with_token: bool, found: Found | None) -> Iterator[str]:
    """Return the notes on a forecast, in their order.

    Args:
        args: The run's arguments.
        history: What earlier runs tell.
        with_token: Whether GitHub would be asked with a token.
        found: What its first search finds, where that is known.
    """
    yield from _basis(args, history, found)
    if not args.no_llm:
        yield (
            "The run says it anew from what its search has found, before it asks the model for"
            " anything; --max-llm-tokens bounds it."
        )
    if not with_token:
        limits = LIMITS[False]
        yield (
            f"Without GITHUB_TOKEN GitHub allows {limits['search']} searches a minute and"
            f" {limits['core']} other requests an hour."
        )
    if args.no_llm:
        yield "--no-llm asks no model: there are no analyses and no briefs."
    if args.max_llm_tokens is not None:
        yield "Requests that are under way when --max-llm-tokens is reached are let through."


def _basis(args: RunArgs, history: History, found: Found | None) -> Iterator[str]:
    """Say what the expected numbers come from."""
    earlier, wants_analyses = history.earlier, not (args.fresh or args.no_llm)
    if found is not None and found.matches is not None:
        there = found.repos - found.missing
        yield (
            f"GitHub has {found.matches:,} repositories for this query now"
            + (f", and a run keeps {args.top:,}" if found.matches > args.top else "")
            + (f"; {there:,} have an analysis already." if there else ".")
        )
    if earlier is None:
        if found is None:
            yield (
                "No earlier run searched for this, and GitHub has not said how much there is: what"
                f" is expected is the most that a search keeps, --top {args.top:,}."
            )
    elif earlier.is_same:
        yield from _same(earlier, wants_analyses=wants_analyses)
    elif found is None:
        known = history.known if wants_analyses else 0
        yield (
            f"No earlier run searched for this: expected is as much as run {earlier.run_id} found"
            + (f", and {known:,} that hold its words are analysed already." if known else ".")
        )


def _same(earlier: Earlier, *, wants_analyses: bool) -> Iterator[str]:
    yield (
        f"Expected from run {earlier.run_id}. Answers about {earlier.read:,} repositories may"
        " be stored: GitHub answers 304 for what has not changed, which costs no quota."
    )
    if earlier.reusable and wants_analyses:
        yield f"{earlier.reusable:,} analyses may be reused; --fresh asks for them again."
