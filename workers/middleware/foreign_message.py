"""A message about a run that is not in this database: it is refused, and that is said.

Most likely two environments share a broker. The run is not lost, but waits in its own database
until recovery there sends the message again. The message is not put back: where the run was
removed, it would go round for ever.
"""

from __future__ import annotations

import logging
from functools import lru_cache

from models.events import Event

logger = logging.getLogger(__name__)


def tell_of_foreign_message(run_id: str, step: str) -> None:
    """Say that a message was refused, and how environments are kept apart."""
    logger.error(
        "A message was refused: run %s is not in this database. It was removed, or another"
        " environment uses the same broker: give each a SCOUT_BROKER_NAMESPACE (Redis) or a virtual"
        " host (RabbitMQ) of its own.",
        run_id,
        extra={"event": Event.MESSAGE_FOREIGN, "run_id": run_id, "step": step},
    )


@lru_cache(1_000)  # once in a process for each: recovery sends the message again and again
def tell_of_newer_run(run_id: str, step: str, reason: str) -> None:
    """Say that a step was left for a worker of a newer version."""
    logger.warning(
        "%s was left alone: %s. It stays due for a worker of that version.",
        step,
        reason,
        extra={"event": Event.MESSAGE_OF_NEWER, "run_id": run_id, "step": step},
    )
