"""Step 4: read the metadata of what pass 1 found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tasks.hydration.metadata import hydrate_metadata
from tasks.request_stats import request_stats
from tasks.step import StepContext


def run(context: StepContext) -> Mapping[str, Any]:
    """Return how many repositories are hydrated, gone and failed."""
    return hydrate_metadata(context, pass_number=1) | request_stats(context)
