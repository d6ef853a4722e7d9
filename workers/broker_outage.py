"""A broker that goes away is one line, and one when it is back, however many consumers wait for it.

Dramatiq's consumers report each of their tries, every few seconds, as CRITICAL. Those lines are
replaced at their loggers; the end is known by the first consumer that hears from the broker again.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from typing import Any

import dramatiq
from dramatiq.common import dq_name

from workers.message_format import QUEUE

logger = logging.getLogger(__name__)

_TROUBLE = ("Consumer encountered a connection error", "Failed to post_process_message")
_AGAIN = "Restarting consumer in"


class BrokerOutage(logging.Filter):
    """Whether the broker is away, as the consumers of one process find it."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._since_s: float | None = None

    def filter(self, record: logging.LogRecord) -> bool:
        """Let the first line about an outage pass, in our words, and hold the others back."""
        text = str(record.msg)
        if text.startswith(_AGAIN):
            return self._since_s is None
        if not text.startswith(_TROUBLE):
            return True
        with self._lock:
            if self._since_s is not None:
                return False
            self._since_s = time.monotonic()
        error = record.args[-1] if isinstance(record.args, tuple) and record.args else "no answer"
        record.msg = "The broker is away, and is tried again until it answers: %s"
        record.args = (error,)
        record.levelno, record.levelname = logging.ERROR, "ERROR"
        record.hint = "Start it, or correct SCOUT_BROKER_URL; nothing is lost. See: scout doctor"
        return True

    def over(self) -> None:
        """Say that the broker answers again, where it did not."""
        if self._since_s is None:  # asked at every message
            return
        with self._lock:
            since_s, self._since_s = self._since_s, None
        if since_s is not None:
            logger.info("The broker answers again after %.0f s.", time.monotonic() - since_s)


class _Listening:
    """A consumer that notices that the broker answers."""

    def __init__(self, consumer: Any, outage: BrokerOutage) -> None:
        self._consumer = consumer
        self._outage = outage

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        message = next(self._consumer)
        self._outage.over()
        return message

    def __getattr__(self, name: str) -> Any:
        return getattr(self._consumer, name)


def tell_outages_once(broker: dramatiq.Broker) -> None:
    """Have the consumers of a broker report its outages together."""
    outage, consume = BrokerOutage(), broker.consume

    def listening(*args: Any, **options: Any) -> Any:
        return _Listening(consume(*args, **options), outage)

    broker.consume = listening  # type: ignore[method-assign]
    for queue in (QUEUE, dq_name(QUEUE)):
        reporter = logging.getLogger(f"dramatiq.worker.ConsumerThread({queue})")
        for old in [one for one in reporter.filters if isinstance(one, BrokerOutage)]:
            reporter.removeFilter(old)
        reporter.addFilter(outage)
