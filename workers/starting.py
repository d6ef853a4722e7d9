"""Starting Dramatiq's worker whole or not at all: a system may refuse any of its threads."""

from __future__ import annotations

from dramatiq import Worker
from dramatiq.middleware import MiddlewareError

from models.system_limits import system_limit


def start_worker(worker: Worker) -> None:
    """Start a worker and all that belongs to it, or leave nothing of it.

    Raises:
        SystemLimitError: There is no thread or no memory for it.
    """
    try:
        worker.start()
    except (MiddlewareError, RuntimeError, MemoryError) as exc:
        for consumer in worker.consumers.values():
            consumer.stop()
        for thread in worker.workers:
            thread.stop()
        worker.broker.emit_after("worker_shutdown", worker)
        limit = system_limit(exc)
        if limit is None:
            raise
        raise limit from exc
