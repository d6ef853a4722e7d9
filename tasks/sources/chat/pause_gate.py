"""Holds back all requests to an endpoint that asked for a pause, not only the one it refused."""

from __future__ import annotations

import random
import threading
import time
from http import HTTPStatus
from typing import TYPE_CHECKING

from models.clock import spoken
from models.events import Event
from tasks.pause import MAX_PAUSE_S, pause

if TYPE_CHECKING:
    from tasks.recorder import WaitRecorder

#: Requests that were held back do not all go off in the same moment.
SPREAD_S = 0.3
#: Holds that end this close together are one.
SAME_HOLD_S = 3.0
#: What is waited for is said this often while it lasts: progress of other units overwrites it.
SAY_EVERY_S = 2.0
#: Longer holds are worth a warning on the screen.
LONG_HOLD_S = 5.0


class Gate:
    """Shared by the threads that ask one model.

    Args:
        record: The step's recorder, which is told of every hold and whose checkpoint ends waits;
            None outside a step.
        host: How to name the endpoint.
    """

    def __init__(self, record: WaitRecorder | None, host: str) -> None:
        self._record = record
        self._host = host
        self._lock = threading.Lock()
        self._opens_s = 0.0
        self._announced_s = float("-inf")
        self._said_s = float("-inf")
        self._reason = ""

    def hold(self, wait_s: float | None, status: int) -> None:
        """Let nobody through for so many seconds; a longer pause is for the step to decide.

        Args:
            wait_s: What the endpoint asked for; nothing is held where it named no time.
            status: The status with which it did.
        """
        if not wait_s:
            return
        opens_s = time.monotonic() + min(wait_s, MAX_PAUSE_S)
        with self._lock:
            self._opens_s = max(self._opens_s, opens_s)
            is_new = opens_s - self._announced_s > SAME_HOLD_S
            if is_new:
                self._announced_s = opens_s
                self._reason = _reason(status)
        if is_new and self._record is not None:
            self._announce(self._record, wait_s, status)

    def pass_through(self) -> None:
        """Return when requests may be sent."""
        left_s = self._opens_s - time.monotonic()
        while left_s > 0:
            pause(left_s + random.uniform(0, SPREAD_S), self._while_waiting)  # noqa: S311
            left_s = self._opens_s - time.monotonic()

    def _announce(self, record: WaitRecorder, wait_s: float, status: int) -> None:
        record.audit(
            Event.LLM_THROTTLE,
            self._words(wait_s),
            level="WARNING" if wait_s >= LONG_HOLD_S else "INFO",
            data={"wait_ms": round(wait_s * 1000), "status": status, "reason": self._reason},
        )
        if wait_s <= MAX_PAUSE_S:  # else the step is handed back, and says so itself
            self._say(record)

    def _while_waiting(self) -> None:
        if self._record is not None:
            self._record.checkpoint()
            self._say(self._record)

    def _say(self, record: WaitRecorder) -> None:
        """Let it be seen what is waited for; seldom enough for the database."""
        with self._lock:
            now_s = time.monotonic()
            left_s = self._opens_s - now_s
            if left_s < 0.5 or now_s - self._said_s < SAY_EVERY_S:
                return
            self._said_s = now_s
        record.waiting(self._words(left_s))

    def _words(self, wait_s: float) -> str:
        return f"waiting {spoken(wait_s)} for the model at {self._host} ({self._reason})"


def _reason(status: int) -> str:
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return "rate limit"
    return "overloaded" if status == HTTPStatus.SERVICE_UNAVAILABLE else f"HTTP {status}"
