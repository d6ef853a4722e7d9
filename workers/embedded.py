"""A worker inside the command's own process: the same actors and middleware, nothing to start."""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any

import dramatiq
from dramatiq.middleware import Middleware

from models.dao.runs import RunsDao
from models.errors import ScoutError
from models.settings.runtime import Settings
from tasks.step import Step
from workers.broker import build_broker
from workers.closing_queue import ClosingPriorityQueue, ClosingQueue
from workers.enqueue import send_step
from workers.middleware.step_recorder import step_middleware
from workers.starting import start_worker
from workers.worker_name import worker_name

#: Milliseconds after which an idle thread looks for messages whose time has come.
_WAKE_UP_MS = 100


class EmbeddedWorker:
    """Runs the chain on threads of this process over a broker in memory.

    Args:
        settings: The process's settings; the database must be open.
        threads: How many steps may run at once; one run needs one.
        step_named: Returns a step's body by name; the real chain by default.
    """

    def __init__(
        self,
        settings: Settings,
        threads: int = 2,
        step_named: Callable[[str], Step] | None = None,
    ) -> None:
        self.settings = settings
        self._grace_s = settings.shutdown_grace_s
        self.broker = build_broker(settings, step_named)
        dramatiq.set_broker(self.broker)
        self._steps = step_middleware(self.broker)
        self._something_ended = threading.Event()
        self.broker.add_middleware(_Bell(self._something_ended))
        self._worker = dramatiq.Worker(
            self.broker, worker_threads=threads, worker_timeout=_WAKE_UP_MS
        )
        self._closing = self._give_queues()

    def __enter__(self) -> EmbeddedWorker:
        start_worker(self._worker)
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        grace_s = self._grace_s
        if self.hangs and self._steps is not None and self._steps.only_deaf_left():
            grace_s = 0.0
        threads: list[Any] = [*self._worker.workers, *self._worker.consumers.values()]
        for thread in threads:
            thread.stop()
        for queue in self._closing:
            queue.close()
        self._worker.stop(timeout=round(grace_s * 1000))
        self.broker.close()

    def _give_queues(self) -> list[ClosingQueue]:
        """Have all threads wait at queues that let them go when the process is to end."""
        queues: dict[str, Any] = self.broker.queues
        queues.update({name: ClosingQueue() for name in queues})
        work_queue = self._worker.work_queue = ClosingPriorityQueue()
        return [work_queue, *queues.values()]

    @property
    def hangs(self) -> bool:
        """Say whether a thread did not react to its step's time limit, and never may end."""
        return self._steps is not None and bool(self._steps.deaf())

    @property
    def trouble(self) -> ScoutError | None:
        """Return why nothing can be recorded any more, if that is so; only a person can cure it."""
        return self._steps.trouble if self._steps is not None else None

    def hurry(self) -> None:
        """Wait for no step at the end; for who asked a second time to stop."""
        self._grace_s = 0.0

    def wait_for_an_end(self, timeout_s: float) -> None:
        """Wait until a thread has done all that it can do for some run, or the time is over."""
        self._something_ended.wait(timeout_s)
        self._something_ended.clear()

    def send(self, run_id: str, step: str) -> None:
        """Enqueue the message for a due step."""
        send_step(self.broker, run_id, step)

    def other_runs(self, run_id: str) -> list[str]:
        """Return the unfinished runs that this process took over from one that died."""
        return [other for other in RunsDao.unfinished_of(worker_name()) if other != run_id]


class _Bell(Middleware):
    """Tells that a message has been dealt with, and with it most often the whole of a run."""

    def __init__(self, rung: threading.Event) -> None:
        self._rung = rung

    def after_ack(self, broker: dramatiq.Broker, message: dramatiq.MessageProxy) -> None:
        """Ring it."""
        self._rung.set()

    def after_nack(self, broker: dramatiq.Broker, message: dramatiq.MessageProxy) -> None:
        """Ring it."""
        self._rung.set()
