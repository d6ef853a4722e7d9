"""Step 6: have the language model analyse what pass 1 found, and score it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from tasks.analysis.analyse import analyse_repos
from tasks.analysis.candidates import Candidate
from tasks.own_repo import demand_analysis
from tasks.step import StepContext


def run(context: StepContext) -> Mapping[str, Any]:
    """Return how many analyses are valid and invalid, what they cost, and a digest over them."""
    totals = analyse_repos(context, pass_number=1, before_asking=_forecast(context))
    demand_analysis(context)
    return totals


def _forecast(context: StepContext) -> Callable[[Sequence[Candidate], int], None] | None:
    """Return what says how much the run is expected to spend; a dry run spends nothing."""
    if context.args.dry:
        return None
    from tasks.forecast.before_asking import tell_forecast

    return partial(tell_forecast, context)
