"""Sending the message that wakes a worker up for a step.

A message carries the run's id and nothing else. Losing it loses no work: the step is due in the
database, and recovery sends another one.
"""

from __future__ import annotations

import logging
from typing import Protocol

import dramatiq

from models.events import Event

logger = logging.getLogger(__name__)


class Sender(Protocol):
    """What sends the message for a due step; a drill puts a less reliable one in its place."""

    def __call__(
        self, broker: dramatiq.Broker, run_id: str, name: str, *, delay_s: float = 0.0
    ) -> bool:
        """Send it and return whether the broker took it."""


def send_step(broker: dramatiq.Broker, run_id: str, name: str, *, delay_s: float = 0.0) -> bool:
    """Enqueue the message for a due step; returns whether the broker took it."""
    try:
        message: dramatiq.Message[None] = broker.get_actor(name).message(run_id)
        broker.enqueue(message, delay=round(delay_s * 1000) if delay_s > 0 else None)
    except Exception as exc:  # noqa: BLE001 - whatever the broker's client raises, the row stands
        logger.error(
            "The message for %s was not sent; recovery will send it again: %s: %s",
            name,
            type(exc).__name__,
            exc,
            extra={"event": Event.HANDOFF_FAILED, "run_id": run_id, "step": name},
        )
        return False
    return True
