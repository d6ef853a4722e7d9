"""Holds back all requests to an endpoint that asked for a pause, not only the one it refused."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable

from tasks.pausing import MAX_PAUSE_S, pause

#: Requests that were held back do not all go off in the same moment.
SPREAD_S = 0.3


class Gate:
    """Shared by the threads that ask one model.

    Args:
        checkpoint: Called while waiting; raises where the step must stop.
    """

    def __init__(self, checkpoint: Callable[[], None]) -> None:
        self._checkpoint = checkpoint
        self._lock = threading.Lock()
        self._opens_s = 0.0

    def hold(self, wait_s: float | None) -> None:
        """Let nobody through for so many seconds; a longer pause is for the step to decide."""
        if wait_s:
            opens_s = time.monotonic() + min(wait_s, MAX_PAUSE_S)
            with self._lock:
                self._opens_s = max(self._opens_s, opens_s)

    def pass_through(self) -> None:
        """Return when requests may be sent."""
        left_s = self._opens_s - time.monotonic()
        while left_s > 0:
            pause(left_s + random.uniform(0, SPREAD_S), self._checkpoint)  # noqa: S311
            left_s = self._opens_s - time.monotonic()
