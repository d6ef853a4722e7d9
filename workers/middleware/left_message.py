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
    """Why a message is not worked on, where nothing is wrong with that.

    Args:
        reason: In words for people, without a full stop.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class LeftMessageFilter(logging.Filter):
    """Has the line about a left message say why, as what it is: nothing to worry about."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Change such a line; all others pass as they are."""
        left = sys.exc_info()[1]
        if record.msg != _SKIPPED or not isinstance(left, LeftMessage):
            return True
        record.msg, record.args = f"{_SKIPPED[:-1]}: %s.", (*_args(record), left.reason)
        record.levelno, record.levelname = logging.INFO, "INFO"
        record.event = Event.MESSAGE_SKIPPED
        return logging.getLogger().isEnabledFor(logging.INFO)


def say_why_messages_are_left() -> None:
    """Put the filter on the loggers that write such lines: Dramatiq's, and ours in its place."""
    for name in ("dramatiq.worker.WorkerThread", "workers.middleware.actor_call"):
        reporter = logging.getLogger(name)
        if not any(isinstance(one, LeftMessageFilter) for one in reporter.filters):
            reporter.addFilter(LeftMessageFilter())


def _args(record: logging.LogRecord) -> tuple[object, ...]:
    return record.args if isinstance(record.args, tuple) else ()
