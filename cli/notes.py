"""One short note per step for people: what came out of it."""

from __future__ import annotations

from models.dao import StepRow


def step_note(step: StepRow) -> str:
    """Return the few words that matter about a step that has ended, from its stats."""
    return ""
