"""The threads of a worker process: started, asked to take no more, and stopped."""

from __future__ import annotations

import logging
import time

import dramatiq

from models.events import Event
from workers.middleware.step_recorder import StepMiddleware
from workers.starting import start_worker

logger = logging.getLogger("scout.worker")

#: Milliseconds between an idle worker's looks at the broker: Dramatiq's default of 1,000 is what
#: a lone run would wait for before it begins.
IDLE_WAKE_UP_MS = 50
#: Seconds that threads without work get to end, where others never will.
_LEAVE_S = 1.0
_LOOK_S = 0.05


class Crew:
    """Takes work from a broker on threads of this process.

    Args:
        broker: Where work comes from.
        steps: Its step middleware; None in a process that does other work.
        threads: How many.
    """

    look_every_s = 1.0

    def __init__(self, broker: dramatiq.Broker, steps: StepMiddleware | None, threads: int) -> None:
        self._broker = broker
        self._steps = steps
        self._worker = dramatiq.Worker(
            broker, worker_threads=threads, worker_timeout=IDLE_WAKE_UP_MS
        )

    def start(self) -> None:
        """Begin."""
        start_worker(self._worker)
        logger.info(
            "Worker process is ready.",
            extra={
                "event": Event.WORKER_READY,
                "threads": self._worker.worker_threads,
                "queues": sorted(self._broker.get_declared_queues()),
            },
        )

    def is_done(self) -> bool:
        """Return False: there is always more."""
        return False

    def deaf(self) -> int:
        """Return how many threads do not react to their step's time limit."""
        return len(self._steps.deaf()) if self._steps else 0

    def rests(self) -> bool:
        """Say whether nothing is in hand but what deaf threads have."""
        return self._steps is None or self._steps.only_deaf_left()

    def retire(self) -> None:
        """Take no more work; what has been fetched already goes back to the broker."""
        if self._steps is not None:
            self._steps.retiring.set()
        for consumer in self._worker.consumers.values():
            consumer.stop()

    def suspect(self, reason: str) -> None:
        """Note that something told this process to stop, which may be one of its steps."""
        if self._steps is not None:
            self._steps.suspect(reason)

    def stop(self, grace_s: float) -> list[str]:
        """Stop in good order, and return the names of the threads that did not."""
        if self._steps is not None and self._steps.deaf():
            self._steps.stop_soon()
            until_s = time.monotonic() + grace_s
            while not self.rests() and time.monotonic() < until_s:
                time.sleep(_LOOK_S)
            grace_s = _LEAVE_S
        self._worker.stop(timeout=round(grace_s * 1000))
        busy = [thread.name for thread in self._worker.workers if thread.is_alive()]
        self._broker.close()
        return busy
