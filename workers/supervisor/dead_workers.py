"""Writes what the parent saw of a worker's death into the rows, so that nobody waits for leases."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

from models.database.connection import database
from models.errors import ScoutError
from models.events import Event
from models.lifecycle import close_worker

if TYPE_CHECKING:
    from workers.supervisor.supervisor import ChildDeath

logger = logging.getLogger("scout.worker")

#: How long the parent waits for the database: it has signals and other processes to look after,
#: and leases run out without it.
PATIENCE_S = 3.0


def close_dead_worker(death: ChildDeath) -> None:
    """Close the attempts of a worker process that died; recovery hands their steps out again."""
    until_s = time.monotonic() + PATIENCE_S
    try:
        closed = close_worker(
            death.worker,
            death.sentence.rstrip("."),
            give_up=lambda: time.monotonic() >= until_s,
        )
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
            "%d step(s) of worker %s were taken from it.",
            closed,
            death.pid,
            extra={"event": Event.WORKER_STEPS_CLOSED, "steps": closed},
        )
