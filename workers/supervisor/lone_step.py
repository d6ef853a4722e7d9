"""One step, and its run from there, in a process of its own: what brings it down does so alone."""

from __future__ import annotations

import logging
import threading

import dramatiq

from models.database.connection import database
from models.events import Event
from workers.attempts.outcome import end_attempt
from workers.middleware.actor_call import call_actor
from workers.middleware.step_recorder import StepMiddleware
from workers.upkeep.background_loop import Loop
from workers.upkeep.lease_keeper import Keeper

logger = logging.getLogger("scout.worker")

#: What such a process offers to others.
NO_THREADS = 0


class LoneStep:
    """Runs a step on a thread beside a keeper, and goes on with its run as a worker's thread does.

    A message for the next step would stand behind all that are in the queue.

    Args:
        broker: Where a message is sent where it lets go of the run.
        steps: Its step middleware.
        run_id: The run.
        step: The step.
    """

    look_every_s = 0.05

    def __init__(
        self, broker: dramatiq.Broker, steps: StepMiddleware, run_id: str, step: str
    ) -> None:
        self._broker = broker
        self._steps = steps
        self._keeper = Keeper(steps.settings, steps.active, NO_THREADS, clock=steps.clock)
        self._loop = Loop("keeper", self._keeper.interval_s, self._keeper.tick)
        self._thread = threading.Thread(
            target=self._work, args=(run_id, step), name=step, daemon=True
        )

    def start(self) -> None:
        """Begin."""
        logger.info("Worker process is ready.", extra={"event": Event.WORKER_READY, "threads": 1})
        self._loop.start()
        self._thread.start()

    def is_done(self) -> bool:
        """Say whether the step has ended, one way or another."""
        return not self._thread.is_alive()

    def deaf(self) -> int:
        """Return how many threads do not react to their step's time limit."""
        return len(self._steps.deaf())

    def rests(self) -> bool:
        """Say whether nothing is in hand but what deaf threads have."""
        return self._steps.only_deaf_left()

    def retire(self) -> None:
        """Do nothing: there is no other work."""

    def suspect(self, reason: str) -> None:
        """Note that something told this process to stop, which may be its step."""
        self._steps.suspect(reason)

    def stop(self, grace_s: float) -> list[str]:
        """Stop in good order, and return the names of the threads that did not."""
        if not self.rests():
            self._steps.stop_soon()
            self._thread.join(grace_s)
        for attempt in self._steps.active():
            if not attempt.given_up:
                why = self._steps.stop_error("the worker shut down before its next checkpoint")
                end_attempt(attempt, why, policy=self._steps.policy)
        self._loop.stop()
        self._keeper.farewell()
        self._broker.close()
        database().close_thread()
        return [] if self.is_done() else [self._thread.name]

    def _work(self, run_id: str, step: str) -> None:
        call_actor(self._broker, step, run_id)
        self._steps.go_on(self._broker)
        database().close_thread()
