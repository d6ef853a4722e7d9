"""Step 6: have the language model analyse what pass 1 found, and score it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tasks.analysis.analyse import analyse_repos
from tasks.own_repo import demand_analysis
from tasks.step import StepContext


def run(context: StepContext) -> Mapping[str, Any]:
    """Return how many analyses are valid and invalid, what they cost, and a digest over them."""
    totals = analyse_repos(context, pass_number=1)
    demand_analysis(context)
    return totals
