"""The day that a run counts back from, decided once."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from models.tables.runs import RunStep
from models.text.canonical_json import loads

if TYPE_CHECKING:
    from tasks.step import StepContext


def reference_date(context: StepContext) -> date:
    """Return the day that `init_run` wrote into its stats, or else the source's today.

    A run that goes on after midnight, or is resumed a week later, thereby searches and scores as
    it did when it began.
    """
    stored = (
        RunStep.select(RunStep.stats_json)
        .where((RunStep.run == context.run_id) & (RunStep.name == "init_run"))
        .scalar()
    )
    settings = (loads(stored) or {}).get("settings", {})
    today = settings.get("today") if isinstance(settings, dict) else None
    return date.fromisoformat(today) if today else context.sources.github.today()
