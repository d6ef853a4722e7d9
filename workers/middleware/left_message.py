"""A message that Scout leaves for now, or for good, on purpose: why is said, without an alarm.

Dramatiq's worker writes "Message … was skipped." as a WARNING, and not why.
"""

from __future__ import annotations

import logging
import sys

from dramatiq.middleware import SkipMessage

from models.events import Event

_SKIPPED = "Message %s was skipped."


class LeftMessage(SkipMessage):
    """Why a message is not worked on, in words without a full stop; nothing is wrong with that."""


def say_why_messages_are_left() -> None:
    """Have the loggers that write such lines say it: Dramatiq's, and ours in its place."""
    for name in ("dramatiq.worker.WorkerThread", "workers.middleware.actor_call"):
        logging.getLogger(name).addFilter(_say_why)  # once, however often it is asked


def _say_why(record: logging.LogRecord) -> bool:
    """Make the line about a left message what it is: nothing to worry about; others pass."""
    left = sys.exc_info()[1]
    if record.msg != _SKIPPED or not isinstance(left, LeftMessage):
        return True
    record.msg, record.args = "%s: %s.", (record.getMessage().removesuffix("."), str(left))
    record.levelno, record.levelname = logging.INFO, "INFO"
    record.event = Event.MESSAGE_SKIPPED
    return logging.getLogger().isEnabledFor(logging.INFO)
