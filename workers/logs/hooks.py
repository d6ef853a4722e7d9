"""Routes what Python prints to stderr by itself into logging: warnings and uncaught errors."""

from __future__ import annotations

import logging
import sys
import threading
from types import TracebackType

from models.events import Event

logger = logging.getLogger("scout.process")


def install_hooks() -> None:
    """Route warnings, uncaught exceptions of any thread, and unraisable ones into log lines."""
    logging.captureWarnings(True)
    sys.excepthook = _uncaught
    threading.excepthook = _uncaught_in_thread
    sys.unraisablehook = _unraisable


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        logger.warning("Interrupted.", extra={"event": Event.PROCESS_INTERRUPTED})
        return
    logger.critical(
        "Uncaught exception: the process ends.",
        exc_info=(kind, error, trace),
        extra={"event": Event.PROCESS_UNCAUGHT_EXCEPTION},
    )


def _uncaught_in_thread(args: threading.ExceptHookArgs) -> None:
    error = args.exc_value
    if error is None or isinstance(error, SystemExit):
        return
    logger.error(
        "Uncaught exception in thread %s: the thread ends.",
        args.thread.name if args.thread else "?",
        exc_info=(args.exc_type, error, args.exc_traceback),
        extra={"event": Event.PROCESS_UNCAUGHT_EXCEPTION},
    )


def _unraisable(unraisable: sys.UnraisableHookArgs) -> None:
    error = unraisable.exc_value
    logger.error(
        "%s in %r",
        unraisable.err_msg or "Exception ignored",
        unraisable.object,
        exc_info=(type(error), error, unraisable.exc_traceback) if error else None,
        extra={"event": Event.PROCESS_UNRAISABLE},
    )
