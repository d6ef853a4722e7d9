"""One worker process, started by the supervisor: `python -m workers.supervisor.worker_process`."""

from __future__ import annotations

import argparse
import faulthandler
import logging
import os
import select
import signal
import sys
from typing import TYPE_CHECKING

from models.errors import ExitCode, ScoutError
from models.events import Event
from models.settings.logging import log_settings
from workers.logs import configure_logging, install_worker_logging
from workers.supervisor.signals import SignalPipe

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dramatiq import Broker, Worker

logger = logging.getLogger("scout.worker")

#: Seconds after the grace in which the process must be gone, or it ends itself.
LAST_RESORT_S = 10.0
#: Milliseconds between an idle worker's looks at the broker: Dramatiq's default of 1,000 is what
#: a lone run would wait for before it begins.
IDLE_WAKE_UP_MS = 50


def main(argv: Sequence[str] | None = None, boot: Callable[[], Broker] | None = None) -> int:
    """Work until SIGTERM, SIGINT or the end of stdin, and return the exit code.

    Args:
        argv: The command line; `sys.argv` by default.
        boot: Builds the broker; `workers.broker.boot` by default.

    Returns:
        0 after a graceful stop; 3 if something it needs is missing; 5 if work was still in
        hand when the grace was over.
    """
    args = _parse(argv)
    try:
        _own_the_streams()
        configure_logging(log_settings())
    except ScoutError as exc:
        install_worker_logging({})
        return _refuse(exc)
    if args.counts_fd is not None:
        _count_into(args.counts_fd)
    with SignalPipe((signal.SIGTERM, signal.SIGINT)) as signals:
        try:
            broker, worker = _start(args.threads, boot)
        except ScoutError as exc:
            return _refuse(exc)
        reason = _wait_for_stop(signals, sys.stdin.fileno() if args.stop_on_eof else None)
        logger.info(
            "Stopping: %s.", reason, extra={"event": Event.WORKER_STOPPING, "grace_s": args.grace_s}
        )
        return _stop(broker, worker, args.grace_s)


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m workers.supervisor.worker_process", description=__doc__
    )
    parser.add_argument("--threads", type=int, default=4, help="worker threads (default: 4)")
    parser.add_argument(
        "--grace-s",
        type=float,
        default=27.0,
        help="seconds for work in hand at shutdown (default: 27)",
    )
    parser.add_argument(
        "--stop-on-eof", action="store_true", help="stop when stdin ends, as a parent's death does"
    )
    parser.add_argument("--counts-fd", type=int, help="a pipe into which to count what happens")
    return parser.parse_args(argv)


def _own_the_streams() -> None:
    """Let a `print` arrive as a line, and a crash in native code with its stack."""
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(line_buffering=True)
    faulthandler.enable()


def _count_into(fd: int) -> None:
    from models.listeners import listen
    from workers.metrics.counting import Counting
    from workers.metrics.counts import Counts
    from workers.metrics.pipe import CountsSender

    counts = Counts()
    listen(Counting(counts, CountsSender(counts, fd)))


def _start(threads: int, boot: Callable[[], Broker] | None) -> tuple[Broker, Worker]:
    # Only now: logging is configured before anything of dramatiq is imported.
    import dramatiq

    from workers.broker import boot as usual_boot

    broker = (boot or usual_boot)()
    broker.emit_after("process_boot")
    worker = dramatiq.Worker(broker, worker_threads=threads, worker_timeout=IDLE_WAKE_UP_MS)
    worker.start()
    logger.info(
        "Worker process is ready.",
        extra={
            "event": Event.WORKER_READY,
            "threads": threads,
            "queues": sorted(broker.get_declared_queues()),
        },
    )
    return broker, worker


def _wait_for_stop(signals: SignalPipe, parent_fd: int | None) -> str:
    """Wait for a reason to stop, and return it."""
    watched = [signals.fileno()] + ([] if parent_fd is None else [parent_fd])
    while True:
        readable, _, _ = select.select(watched, [], [])
        if caught := signals.take():
            return caught[0].name
        if parent_fd in readable and parent_fd is not None and not os.read(parent_fd, 4096):
            return "the supervisor is gone"


def _stop(broker: Broker, worker: Worker, grace_s: float) -> int:
    # Whatever hangs from here on: no orphan stays, and its stacks are in the log.
    faulthandler.dump_traceback_later(grace_s + LAST_RESORT_S, exit=True)
    worker.stop(timeout=int(grace_s * 1000))
    busy = [thread.name for thread in worker.workers if thread.is_alive()]
    broker.close()
    faulthandler.cancel_dump_traceback_later()
    if busy:
        logger.error(
            "%d thread(s) still had work in hand when the grace of %g s was over.",
            *(len(busy), grace_s),
            extra={"event": Event.WORKER_UNFINISHED, "threads": busy},
        )
        return int(ExitCode.UNFINISHED)
    logger.info("Worker process has stopped.", extra={"event": Event.WORKER_STOPPED})
    return int(ExitCode.SUCCESS)


def _refuse(error: ScoutError) -> int:
    """Say why this process cannot start, and return the exit code that says so."""
    logger.error("%s", error.message, extra={"event": Event.WORKER_BOOT_FAILED, "hint": error.hint})
    return int(ExitCode.DEPENDENCY)


if __name__ == "__main__":
    sys.exit(main())
