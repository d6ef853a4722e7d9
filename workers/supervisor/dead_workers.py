"""Writes what the parent saw of a worker's death into the rows, so that nobody waits for leases."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from models.database.connection import database
from models.errors import ScoutError
from models.events import Event
from models.lifecycle import close_worker

if TYPE_CHECKING:
    from workers.supervisor.supervisor import ChildDeath

logger = logging.getLogger("scout.worker")


def close_dead_worker(death: ChildDeath) -> None:
    """Close the attempts of a worker process that died; recovery hands their steps out again."""
    try:
        closed = close_worker(death.worker, death.sentence.rstrip("."))
    except ScoutError as exc:
        logger.warning(
            "The steps of worker %s could not be closed now; their leases will run out: %s",
            death.pid,
            exc,
            extra={"event": Event.WORKER_CLOSE_FAILED},
        )
        return
    finally:
        database().close_thread()
    if closed:
        logger.info(
            "%d step(s) of worker %s are due again.",
            closed,
            death.pid,
            extra={"event": Event.WORKER_STEPS_CLOSED, "steps": closed},
        )
