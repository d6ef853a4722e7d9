"""What a worker process does beside its messages: logs, traces, lease keeping, recovery."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING

import dramatiq
from dramatiq.middleware import Middleware, MiddlewareError

from models.clock import Clock
from models.database.connection import database
from models.errors import ScoutError
from models.events import Event
from models.settings.notify import notify_settings
from models.settings.runtime import Settings
from workers.middleware.step_recorder import StepMiddleware
from workers.tracing.export import tracing
from workers.upkeep.background_loop import Loop, stop_together
from workers.upkeep.lease_keeper import Keeper
from workers.upkeep.recovery import Recovery
from workers.upkeep.sealing import Sealer

if TYPE_CHECKING:
    from workers.notify.teller import Teller
    from workers.upkeep.retention import RetentionKeeper

logger = logging.getLogger(__name__)

#: How long the end of a process waits for a database that is locked or away: others do the rest.
_GOODBYE_S = 3.0


class NoUpkeepError(MiddlewareError):
    """Leases cannot be kept and lost steps not found, so the worker must not work."""


class ProcessMiddleware(Middleware):
    """Starts the keeper and the recovery loop with the worker, and stops them after it.

    Args:
        settings: The process's settings.
        steps: The step middleware, which knows the active attempts.
        clock: Where the time comes from.
        broker_error: Returns why no messages come to this process, or None where they do.
    """

    def __init__(
        self,
        settings: Settings,
        steps: StepMiddleware,
        clock: Clock | None = None,
        broker_error: Callable[[], str | None] = lambda: None,
    ) -> None:
        self._broker_error = broker_error
        self.settings = settings
        self.steps = steps
        self.clock = clock or Clock()
        self._loops: list[Loop] = []
        self._tracing = ExitStack()
        self._keeper: Keeper | None = None
        self._retention: RetentionKeeper | None = None
        self._sealer = Sealer(self.clock)
        notify = notify_settings()
        self._teller: Teller | None = None
        if notify.receivers:
            from workers.notify.teller import Teller

            self._teller = Teller(notify, settings, self.clock)

    def after_process_boot(self, broker: dramatiq.Broker) -> None:
        """Replace the log handlers that the `dramatiq` command set up."""
        from workers.logs import install_worker_logging

        install_worker_logging()

    def before_worker_boot(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        """Start the loops, and to send traces where they are wanted.

        Not after the boot: what fails there is logged, and the worker would work without them.

        Raises:
            NoUpkeepError: They cannot be started.
        """
        try:
            self._start(broker, worker)
        except Exception as exc:
            raise NoUpkeepError(str(exc)) from exc

    def _start(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        self._tracing.enter_context(tracing())
        self._keeper = Keeper(
            self.settings,
            self.steps.active,
            worker.worker_threads,
            clock=self.clock,
            broker_error=self._broker_error,
        )
        recovery = Recovery(broker, self.settings, clock=self.clock)
        self._loops = [
            Loop("keeper", self._keeper.interval_s, self._keeper.tick),
            Loop("recovery", recovery.interval_s, recovery.tick),
            Loop("sealing", self._sealer.interval_s, self._sealer.tick),
        ]
        if self.settings.retention is not None:
            from workers.upkeep.retention import RetentionKeeper

            self._retention = RetentionKeeper(self.settings.retention, clock=self.clock)
            self._loops.append(Loop("retention", self._retention.interval_s, self._retention.tick))
        if self._teller is not None:
            self._loops.append(Loop("notices", self._teller.interval_s, self._teller.tick))
        for loop in self._loops:
            loop.start()

    def before_worker_shutdown(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        """Stop recovery first, or it would hand out to this worker what this worker gives back."""
        if self._retention is not None:
            self._retention.stop()
        if self._teller is not None:
            self._teller.stop()
        for loop in self._loops:
            if loop.name == "recovery":
                loop.stop(timeout_s=1.0)

    def after_worker_shutdown(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        """Stop the loops and say goodbye; runs after the step middleware gave back its steps."""
        with database().patience(_GOODBYE_S):
            stop_together(self._loops)
            if self._keeper is not None:
                self._finish("taken off the record", self._keeper.farewell)
            if self.settings.broker_kind == "memory":
                self._finish("sealed", self._sealer.finish)
                if self._teller is not None:
                    self._finish("told", self._teller.finish)
        self._tracing.close()
        database().close_thread()

    def _finish(self, what: str, finish: Callable[[], None]) -> None:
        """Do what is left of what a command has done: another process may not come for long."""
        try:
            finish()
        except ScoutError as exc:
            text = "What ended is %s by the next worker: %s"
            logger.warning(text, what, exc, extra={"event": Event.LOOP_FAILED})
