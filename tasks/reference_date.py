"""The day that a run counts back from, decided once."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from models.dao.steps import StepsDao

if TYPE_CHECKING:
    from tasks.step import StepContext


def reference_date(context: StepContext) -> date:
    """Return the day that `init_run` wrote into its stats, or else the source's today.

    A run that goes on after midnight, or is resumed a week later, thereby searches and scores as
    it did when it began.
    """
    settings = StepsDao.stats_of(context.run_id, "init_run").get("settings", {})
    today = settings.get("today") if isinstance(settings, dict) else None
    return date.fromisoformat(today) if today else context.sources.github.today()
