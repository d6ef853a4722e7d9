"""One worker process, started by the supervisor: `python -m workers.supervisor.worker_process`."""

from __future__ import annotations

import argparse
import faulthandler
import io
import logging
import os
import select
import signal
import sys
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, NoReturn, Protocol

from models.errors import ExitCode, ScoutError
from models.events import Event
from models.nonblocking_stream import unblocked
from models.process_end import end_now, end_soon
from models.settings.logging import log_settings
from models.system_limits import system_limit
from workers.logs import configure_logging, install_worker_logging
from workers.supervisor.parent_line import ParentLine
from workers.supervisor.signals import SignalPipe
from workers.tracing.export import tracing
from workers.worker_name import take_token

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from dramatiq import Broker

logger = logging.getLogger("scout.worker")

#: Seconds after the grace in which the process must be gone, or it ends itself.
LAST_RESORT_S = 10.0
#: Seconds in which a supervisor that gets the same signal passes it on.
ASKED_S = 0.5


class Work(Protocol):
    """What a worker process does until it stops (`Crew`, or one `LoneStep`)."""

    @property
    def look_every_s(self) -> float:
        """Return how often the questions below are asked."""

    def start(self) -> None:
        """Begin."""

    def is_done(self) -> bool:
        """Say whether there is nothing to do any more."""

    def deaf(self) -> int:
        """Return how many threads do not react to their step's time limit."""

    def rests(self) -> bool:
        """Say whether nothing is in hand but what deaf threads have."""

    def retire(self) -> None:
        """Take no more work."""

    def suspect(self, reason: str) -> None:
        """Note that something told this process to stop, which may be its own work."""

    def stop(self, grace_s: float) -> list[str]:
        """Stop in good order, and return the names of the threads that did not."""


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
    if args.token:
        take_token(args.token)
    line = None if args.parent_fd is None else ParentLine(args.parent_fd)
    try:
        _own_the_streams()
        configure_logging(log_settings())
    except ScoutError as exc:
        install_worker_logging({})
        return _refuse(exc)
    try:
        return _work(args, line, boot)
    except (RuntimeError, MemoryError) as exc:
        limit = system_limit(exc)
        if limit is None:
            raise
        return _refuse(limit)


def _work(
    args: argparse.Namespace, line: ParentLine | None, boot: Callable[[], Broker] | None
) -> int:
    if line is not None:
        line.start()
    with ExitStack() as stack:
        signals = stack.enter_context(SignalPipe((signal.SIGTERM, signal.SIGINT)))
        stack.enter_context(_counting(args.counts_fd))
        if args.alone:  # Dramatiq's own worker, whose middleware does it, is not there
            stack.enter_context(tracing())
        try:
            work = _prepare(args, line, boot)
            work.start()
        except ScoutError as exc:
            return _refuse(exc)
        if line is not None:
            line.ready()
        reason = _wait_for_stop(
            work, line, signals, sys.stdin.fileno() if args.stop_on_eof else None
        )
        logger.info(
            "Stopping: %s.", reason, extra={"event": Event.WORKER_STOPPING, "grace_s": args.grace_s}
        )
        code = _stop(work, args.grace_s)
        if line is not None and code == ExitCode.SUCCESS:
            line.done()
        return code


def leave(code: int) -> NoReturn:
    """End the process with an exit code, also where a thread would never let it end.

    That may be one that has its step in hand, or one that a step has left behind.
    """
    if code == ExitCode.UNFINISHED:
        logging.shutdown()
        end_now(code)
    end_soon(code)
    sys.exit(code)


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
    parser.add_argument("--token", help="the end of this process's name in the rows")
    parser.add_argument("--parent-fd", type=int, help="the pipe to the parent")
    parser.add_argument(
        "--alone", nargs=2, metavar=("RUN", "STEP"), help="do this step, and the rest of its run"
    )
    return parser.parse_args(argv)


def _own_the_streams() -> None:
    """Let a `print` arrive as a line, a crash in native code with its stack, and nobody wait."""
    sys.stdout, sys.stderr = unblocked(sys.stdout), unblocked(sys.stderr)
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)
    faulthandler.enable()


@contextmanager
def _counting(fd: int | None) -> Iterator[None]:
    """Count what happens in the block into a pipe, where there is one."""
    if fd is None:
        yield
        return
    from models.listeners import listening
    from workers.listener_thread import ToldLater
    from workers.metrics.counting import Counting
    from workers.metrics.counts import Counts
    from workers.metrics.pipe import EVERY_S, WAITING_MAX, CountsSender

    counts = Counts()
    sender = CountsSender(counts, fd)
    later = ToldLater(Counting(counts), EVERY_S, WAITING_MAX, then=sender.send)
    with later, listening(later):
        yield


def _prepare(
    args: argparse.Namespace, line: ParentLine | None, boot: Callable[[], Broker] | None
) -> Work:
    # Only now: logging is configured before anything of dramatiq is imported.
    from workers.broker import boot as usual_boot
    from workers.middleware.step_recorder import step_middleware
    from workers.supervisor.crew import Crew
    from workers.supervisor.lone_step import LoneStep

    broker = (boot or usual_boot)()
    broker.emit_after("process_boot")
    steps = step_middleware(broker)
    if args.alone and steps is not None:
        return LoneStep(broker, steps, *args.alone)
    if steps is not None:
        steps.parent = line
    return Crew(broker, steps, args.threads)


def _wait_for_stop(
    work: Work, line: ParentLine | None, signals: SignalPipe, parent_fd: int | None
) -> str:
    """Wait for a reason to stop, and return it; retire where a thread hangs."""
    watched = [signals.fileno()] + ([] if parent_fd is None else [parent_fd])
    retiring = False
    while True:
        readable, _, _ = select.select(watched, [], [], work.look_every_s)
        if caught := signals.take():
            if not _is_asked(parent_fd):
                work.suspect(f"because of a {caught[0].name} that is not its supervisor's")
            return caught[0].name
        if parent_fd in readable and parent_fd is not None:
            asked = os.read(parent_fd, 4096)
            return "its supervisor asks for it" if asked else "the supervisor is gone"
        if work.is_done():
            return "its work has ended"
        if work.deaf() and not retiring:
            retiring = True
            _retire(work, line)
        if retiring and work.rests():
            return "all has ended but what does not react"


def _is_asked(parent_fd: int | None) -> bool:
    """Say whether the supervisor asks for the end, or is gone; it may be about to."""
    return parent_fd is None or bool(select.select([parent_fd], [], [], ASKED_S)[0])


def _retire(work: Work, line: ParentLine | None) -> None:
    logger.error(
        "%d thread(s) did not react to the time limit of a step: this process takes no more work,"
        " and ends when the others have ended theirs.",
        work.deaf(),
        extra={"event": Event.WORKER_RETIRING, "threads": work.deaf()},
    )
    work.retire()
    if line is not None:
        line.retire()


def _stop(work: Work, grace_s: float) -> int:
    # Whatever hangs from here on: no orphan stays, and its stacks are in the log.
    faulthandler.dump_traceback_later(grace_s + LAST_RESORT_S, exit=True)
    busy = work.stop(grace_s)
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
    leave(main())
