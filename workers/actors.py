"""One Dramatiq actor per canonical step; their names are the steps' names."""

from __future__ import annotations

from collections.abc import Callable

import dramatiq

from models.errors import ScoutError
from models.steps import STEP_NAMES
from tasks.step import Step
from workers.attempts.attempt import claimed_attempt
from workers.attempts.interrupts import StepInterruptError
from workers.message_format import QUEUE


def declare_actors(
    broker: dramatiq.Broker, step_named: Callable[[str], Step] | None = None
) -> None:
    """Declare the ten actors on a broker.

    Args:
        broker: The broker; it must have the step middleware.
        step_named: Returns a step's body by name; the real chain by default.
    """
    if step_named is None:
        from tasks.chain import step_named as real_step_named

        step_named = real_step_named
    for position, name in enumerate(STEP_NAMES, start=1):
        declare = dramatiq.actor(
            broker=broker,
            actor_name=name,
            queue_name=QUEUE,
            # Later steps first: a run that has begun is finished before another one begins.
            priority=100 - position,
            # What was foreseen has a code, and a line by the middleware: no traceback is needed.
            throws=(StepInterruptError, ScoutError),
        )
        declare(_body(name, step_named))


def _body(name: str, step_named: Callable[[str], Step]) -> Callable[[str], None]:
    def run_step(run_id: str) -> None:
        claimed_attempt(run_id, name).run(step_named(name))

    run_step.__name__ = name
    run_step.__doc__ = f"Run the step {name}; everything else is in the middleware."
    return run_step
