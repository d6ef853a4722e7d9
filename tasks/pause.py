"""Waiting inside a unit of work: bounded, in slices, and over at once when the step must stop."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextvars import ContextVar

#: Seconds between two looks at whether the step must stop.
SLICE_S = 0.25
#: The longest wait that may hold a thread; for a longer one the step is handed back.
MAX_PAUSE_S = 60.0

#: Set in the threads of a pool: whether nobody wants their results any more.
_abandoned: ContextVar[threading.Event | None] = ContextVar("scout_abandoned", default=None)


class UnitAbandonedError(BaseException):
    """Nobody waits for this unit of work any more; raised in the pool's own threads only.

    It derives from `BaseException` so that no `except Exception` of a library keeps it going.
    """


def abandon_with(event: threading.Event) -> None:
    """Let `event` end the pauses of the calling context."""
    _abandoned.set(event)


def check_wanted() -> None:
    """Return if somebody still waits for what the calling thread works on.

    Raises:
        UnitAbandonedError: The step has stopped.
    """
    event = _abandoned.get()
    if event is not None and event.is_set():
        raise UnitAbandonedError


def pause(wait_s: float, checkpoint: Callable[[], None]) -> None:
    """Wait; `checkpoint`, which raises where the step must stop, is called between slices.

    Args:
        wait_s: Seconds to wait; callers keep them below `MAX_PAUSE_S`.
        checkpoint: That of the step's recorder.

    Raises:
        UnitAbandonedError: The step has stopped in the meantime.
    """
    event = _abandoned.get() or threading.Event()
    left_s = wait_s
    while left_s > 0:
        checkpoint()
        event.wait(min(SLICE_S, left_s))
        check_wanted()
        left_s -= SLICE_S
    checkpoint()
