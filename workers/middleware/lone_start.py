"""Which process has a step started alone: each one that meets it would ask its own parent."""

from __future__ import annotations

from models.clock import Clock
from models.dao.singletons import lone_start
from models.errors import DatabaseUnavailableError
from workers.turn import take_turn

#: A process that was asked for and claims nothing within this time is not to be expected any more.
START_S = 5.0


def has_turn_to_ask(run_id: str, step: str, attempts: int, clock: Clock) -> bool:
    """Say whether this process is the one that asks for the next attempt at a step, alone.

    A process that is started for nothing does no harm, so it is asked for where the database does
    not answer.

    Args:
        run_id: The run.
        step: The step.
        attempts: How often it was begun.
        clock: Where the time comes from.
    """
    try:
        return take_turn(lone_start(run_id, step, attempts), START_S, clock, give_up=lambda: True)
    except DatabaseUnavailableError:
        return True
