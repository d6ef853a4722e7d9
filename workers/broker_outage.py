"""A broker that goes away is one line, and one when it is back, however many consumers wait for it.

Where it comes back as one that refuses, that is a line more.

Dramatiq's consumers report each of their tries, every few seconds, as CRITICAL. Those lines are
replaced at their loggers; the end is when one hears from the broker and none is refused any more.

A Redis that is read-only or full answers, and is as good as away: Dramatiq would take its words for
a bug, with a traceback at each try, and would never acknowledge what it was done with then.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import dramatiq
import dramatiq.worker
from dramatiq.common import dq_name
from dramatiq.errors import ConnectionClosed

from workers.message_format import QUEUE, believe_its_queue
from workers.probes.answer import BrokerProbeError

logger = logging.getLogger(__name__)

_TROUBLE = ("Consumer encountered a connection error", "Failed to post_process_message")
_CLIENTS = {"redis", "pika"}
#: A connection that had to be made anew is no outage that anybody else must know of.
LASTING_S = 10.0
_AGAIN = "Restarting consumer in"


class BrokerOutage(logging.Filter):
    """Whether the broker is away, as the consumers of one process find it.

    Args:
        explain: Returns what is wrong for what Dramatiq's consumers met.
    """

    def __init__(self, explain: Callable[[BaseException], BrokerProbeError]) -> None:
        super().__init__()
        self._explain = explain
        self._lock = threading.Lock()
        self._since_s: float | None = None
        self._last_s = 0.0
        self._said = ""
        #: What to do, of all that was said in this outage: another cause is another line.
        self._told: set[str | None] = set()

    def filter(self, record: logging.LogRecord) -> bool:
        """Let the first line about each cause of an outage pass, in our words, and no others."""
        text = str(record.msg)
        if text.startswith(_AGAIN):
            return self._since_s is None
        if not text.startswith(_TROUBLE):
            return True
        args = record.args if isinstance(record.args, tuple) else ()
        met = next((one for one in args if isinstance(one, BaseException)), None)
        trouble = self._explain(met or ConnectionError("no answer"))
        with self._lock:
            self._last_s, self._said = time.monotonic(), str(trouble)
            if self._since_s is None:
                self._since_s = self._last_s
                self._told.clear()
            if trouble.hint in self._told:
                return False
            self._told.add(trouble.hint)
        record.msg = "%s It is tried again until that changes; nothing is lost."
        record.args = (trouble.message,)
        record.levelno, record.levelname = logging.ERROR, "ERROR"
        record.hint = trouble.hint
        return True

    def over(self, asked_s: float) -> None:
        """Say that the broker answers again, where it did not.

        One consumer may hear from it while another one is refused each time: it is over when none
        was for as long as each of them takes until it tries again.

        Args:
            asked_s: When the consumer turned to it; what it heard before the outage says nothing.
        """
        if self._since_s is None or asked_s < self._last_s + _quiet_s():  # asked at every message
            return
        with self._lock:
            since_s, self._since_s = self._since_s, None
        if since_s is not None:
            lasted_s = max(0.0, asked_s - _quiet_s() - since_s)
            logger.info("The broker answers again after %.0f s.", lasted_s)

    def lasting(self) -> str | None:
        """Return what is wrong where it has been for a while, or None."""
        with self._lock:
            if self._since_s is None or self._last_s - self._since_s < LASTING_S:
                return None
            return self._said


def _quiet_s() -> float:
    return 2 * dramatiq.worker.CONSUMER_RESTART_DELAY_SECS


@contextmanager
def _refusals_as_outage() -> Iterator[None]:
    """Treat whatever a broker's client raises as Dramatiq does a lost connection."""
    try:
        yield
    except Exception as exc:
        known = isinstance(exc, OSError) or type(exc).__module__.partition(".")[0] in _CLIENTS
        if not known or isinstance(exc, ConnectionClosed):
            raise
        raise ConnectionClosed(exc) from None  # type: ignore[no-untyped-call]


class _Listening:
    """A consumer that notices that the broker answers."""

    def __init__(self, consumer: Any, queue: str, outage: BrokerOutage) -> None:
        self._consumer = consumer
        self._queue = queue
        self._outage = outage

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        asked_s = time.monotonic()
        with _refusals_as_outage():
            message = next(self._consumer)
        if message is not None:
            believe_its_queue(message, self._queue)
        self._outage.over(asked_s)
        return message

    def ack(self, message: Any) -> None:
        """Acknowledge a message; Dramatiq tries again while the broker is away."""
        with _refusals_as_outage():
            self._consumer.ack(message)

    def nack(self, message: Any) -> None:
        """Put a message aside; Dramatiq tries again while the broker is away."""
        with _refusals_as_outage():
            self._consumer.nack(message)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._consumer, name)


def tell_outages_once(broker: dramatiq.Broker, outage: BrokerOutage) -> None:
    """Have the consumers of a broker report its outages together."""
    consume, enqueue = broker.consume, broker.enqueue

    def listening(queue_name: str, *args: Any, **options: Any) -> Any:
        with _refusals_as_outage():
            return _Listening(consume(queue_name, *args, **options), queue_name, outage)

    def sending(*args: Any, **options: Any) -> Any:
        with _refusals_as_outage():  # a consumer sends what has been delayed
            return enqueue(*args, **options)

    broker.consume = listening  # type: ignore[method-assign]
    broker.enqueue = sending  # type: ignore[method-assign]
    for queue in (QUEUE, dq_name(QUEUE)):
        reporter = logging.getLogger(f"dramatiq.worker.ConsumerThread({queue})")
        for old in [one for one in reporter.filters if isinstance(one, BrokerOutage)]:
            reporter.removeFilter(old)
        reporter.addFilter(outage)
