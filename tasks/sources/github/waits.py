"""How a step waits for GitHub: in the open, in small slices, and never for long."""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable, Mapping
from typing import Any

from models.backoff import Uniform
from models.clock import Clock, seconds_between, spoken_wait
from models.errors import PostponedError
from models.events import Event
from tasks.pause import check_wanted, pause
from tasks.recorder import WaitRecorder
from tasks.sources.github.budget import Denied

logger = logging.getLogger(__name__)

#: A step that has to wait longer than this gives its thread back to the worker.
MAX_WAIT_IN_STEP_S = 20.0
#: Waits of several threads that end this close together are one wait.
SAME_WAIT_S = 3.0


class Waits:
    """The waits of one step; its threads share it.

    Args:
        record: The step's recorder, or None outside a step, where a wait is only logged.
        clock: Where the time comes from.
        pause: Lets seconds pass, and calls a checkpoint while they do.
        uniform: Where jitter comes from.
        max_wait_s: Longer waits are not waited for here.
    """

    def __init__(
        self,
        record: WaitRecorder | None,
        clock: Clock,
        *,
        pause: Callable[[float, Callable[[], None]], None] = pause,
        uniform: Uniform = random.uniform,
        max_wait_s: float = MAX_WAIT_IN_STEP_S,
    ) -> None:
        self._record = record
        self._clock = clock
        self._pause = pause
        self._uniform = uniform
        self._max_wait_s = max_wait_s
        self._lock = threading.Lock()
        self._announced: dict[str, str] = {}
        #: Waits for a budget so far; one that several threads share counts once.
        self.count = 0

    def for_budget(self, denied: Denied) -> None:
        """Wait until a budget may have something again.

        Raises:
            PostponedError: It would take too long.
        """
        # Not all at the same moment, and never before the time that GitHub named.
        wait_s = denied.wait_s + self._uniform(0.05, min(1.0, 0.1 + denied.wait_s / 10))
        text = _words(denied, spoken_wait(wait_s, self._clock.now()))
        if self._is_new(denied):
            self._announce(denied, wait_s, text)
        if wait_s > self._max_wait_s:
            raise PostponedError(
                f"{text[0].upper()}{text[1:]}.",
                "It goes on by itself.",
                delay_s=wait_s,
                reason=_reason(denied),
            )
        self._pause(wait_s, self.checkpoint)

    def refused(self, what: str, bucket: str, status: int, *, secondary: bool) -> None:
        """Put on record that GitHub refused a request for its limits' sake; waiting comes next."""
        reason = "secondary_limit" if secondary else "primary_limit"
        text = f"GitHub refused {what} for its limits: HTTP {status} ({reason.replace('_', ' ')})."
        data = {"what": what, "bucket": bucket, "status": status, "reason": reason}
        self._tell(Event.GITHUB_REFUSED, text, data)

    def checkpoint(self) -> None:
        """Stop here if the step must stop, or if nobody waits for this thread's unit any more."""
        check_wanted()
        if self._record is not None:
            self._record.checkpoint()

    def _is_new(self, denied: Denied) -> bool:
        with self._lock:
            known = self._announced.get(denied.bucket)
            if known is not None and seconds_between(known, denied.until) <= SAME_WAIT_S:
                return False
            self._announced[denied.bucket] = denied.until
            self.count += 1
            return True

    def _announce(self, denied: Denied, wait_s: float, text: str) -> None:
        data = {
            "bucket": denied.bucket,
            "wait_ms": round(wait_s * 1000),
            "reason": denied.reason,
            "status": denied.status,
            "reset_at": denied.until,
        }
        self._tell(Event.GITHUB_THROTTLE, text, data)
        if self._record is not None:
            self._record.waiting(text)

    def _tell(self, event: Event, text: str, data: Mapping[str, Any]) -> None:
        if self._record is None:
            level = logging.getLevelNamesMapping()[event.level]
            logger.log(level, "%s", text, extra={"event": event} | dict(data))
        else:
            self._record.audit(event, text, data=data)


def _reason(denied: Denied) -> str:
    """Return what a step waits for, without the time."""
    if denied.reason == "secondary_limit":
        return "GitHub wants fewer requests (secondary limit)."
    return f"GitHub {denied.bucket} quota is used up."


def _words(denied: Denied, wait: str) -> str:
    if denied.reason == "secondary_limit":
        return f"waiting {wait} because GitHub wants fewer requests (secondary limit)"
    return f"waiting {wait} for GitHub {denied.bucket} quota"
