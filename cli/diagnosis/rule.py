"""What a rule about a failed step is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from models.dao.steps import StepRow
from models.events import Event

Fits = Callable[[StepRow], bool]


@dataclass(frozen=True, slots=True)
class KnownFailure:
    """A kind of failure that can be recognised.

    Args:
        code: A stable name for machines.
        fits: Recognises it by the failed step.
        what: What happened; `{step}` is the step's name.
        meaning: What that means.
        todo: What to do, in order; `{run}` is the run's id, `{step}` the step's name.
        events: Audit events whose messages are evidence.
        sets: Whether a setting is to be changed, which workers read when they start.
    """

    code: str
    fits: Fits
    what: str
    meaning: str
    todo: tuple[str, ...]
    events: tuple[Event, ...] = ()
    sets: bool = False


def is_type(*error_types: str) -> Fits:
    """Return what recognises a step by the type of its error."""
    return lambda step: step.error_type in error_types


def says(*signs: str, step_name: str | None = None) -> Fits:
    """Return what recognises a step by words, in lower case, of its error's type or message."""

    def fits(step: StepRow) -> bool:
        text = f"{step.error_type} {step.error_message}".lower()
        right_step = step_name is None or step.name == step_name
        return right_step and any(sign in text for sign in signs)

    return fits
