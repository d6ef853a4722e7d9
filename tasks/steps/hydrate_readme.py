"""Step 5: read the READMEs of what pass 1 found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tasks.hydration.readmes import hydrate_readmes
from tasks.kinds.marking import mark_kinds
from tasks.own_repo import demand_readme
from tasks.request_stats import request_stats
from tasks.step import StepContext


def run(context: StepContext) -> Mapping[str, Any]:
    """Return how many READMEs are found and missing, a digest, and what is no project."""
    readmes = hydrate_readmes(context, pass_number=1)
    demand_readme(context)
    return readmes | {"kinds": mark_kinds(context, pass_number=1)} | request_stats(context)
