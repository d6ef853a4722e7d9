"""How many requests a model gets at a time: fewer where it is slow for their number, else more."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from models.events import Event
from models.settings.chat import ChatSettings
from models.settings.live import concurrency
from tasks.pause import SLICE_S, check_wanted
from tasks.recorder import Recorder
from tasks.sources.chat.http import TimedOutError

Result = TypeVar("Result")

#: So many at first: a server that answers one after the other times out none of them.
FIRST = 2
#: Answers within this share of the timeout, or no later than this many times one that had no
#: others beside it, let one more be sent.
QUICK_SHARE = 0.25
QUICK_RATIO = 1.5
#: Answers later than both of these say that requests queue up at the other side.
LATE_SHARE = 0.5
LATE_RATIO = 2.0


class Lane:
    """Requests to one model at one endpoint, by all threads and steps of the process.

    Additive increase, multiplicative decrease: a timeout halves the number, once for all requests
    that were under way then; answers that come quickly raise it again.

    Args:
        timeout_s: How long an answer is waited for.
        monotonic_s: The clock that times answers.
    """

    def __init__(self, timeout_s: float, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self._timeout_s = timeout_s
        self._monotonic_s = monotonic_s
        self._free = threading.Condition()
        self._limit = float(FIRST)
        self._running = 0
        self._alone_s = float("inf")
        self._lowered_s = float("-inf")
        self._has_timed_out = False

    @property
    def limit(self) -> int:
        """Return how many requests may be under way."""
        return min(int(self._limit), concurrency())

    @contextmanager
    def place(self, record: Recorder | None, label: str) -> Iterator[None]:
        """Wait for a place, hold it for the block, and learn from how that went.

        Args:
            record: The step's recorder, which is told of the first timeout and ends the wait.
            label: How to name the endpoint.
        """
        self._enter(record)
        began_s = self._monotonic_s()
        try:
            yield
        except TimedOutError:
            before, lowered = self._timed_out(began_s)
            if lowered and record is not None:
                self._announce(record, label, before)
            raise
        else:
            self._answered(began_s, self._monotonic_s() - began_s)
        finally:
            with self._free:
                self._running -= 1
                self._free.notify_all()

    def _enter(self, record: Recorder | None) -> None:
        while True:
            with self._free:
                if self._running < self.limit or self._free.wait_for(
                    lambda: self._running < self.limit, SLICE_S
                ):
                    self._running += 1
                    return
            check_wanted()
            if record is not None:
                record.checkpoint()

    def _answered(self, began_s: float, took_s: float) -> None:
        with self._free:
            # Where it had no others beside it, its time is the model's own, whatever that was.
            self._alone_s = took_s if self._running == 1 else min(self._alone_s, took_s)
            if took_s <= QUICK_SHARE * self._timeout_s:
                self._limit += 1
            elif took_s <= QUICK_RATIO * self._alone_s:
                self._limit += 1 / self._limit
            elif took_s > max(LATE_SHARE * self._timeout_s, LATE_RATIO * self._alone_s):
                self._lower(began_s)
            self._limit = min(self._limit, float(concurrency()))

    def _timed_out(self, began_s: float) -> tuple[int, bool]:
        """Lower the limit; returns what it was, and whether this is the first or a new low."""
        with self._free:
            before = self.limit
            is_first, self._has_timed_out = not self._has_timed_out, True
            lowered = self._lower(began_s)
            return before, is_first or (lowered and before > 1)

    def _lower(self, began_s: float) -> bool:
        """Halve the limit, unless that was done since the request began."""
        if began_s < self._lowered_s:
            return False
        self._lowered_s = self._monotonic_s()
        self._limit = max(1.0, self._limit / 2)
        return True

    def _announce(self, record: Recorder, label: str, before: int) -> None:
        fewer = f": {self.limit} in place of {before} at a time from now on" * (before > 1)
        record.audit(
            Event.LLM_TIMED_OUT,
            f"The model at {label} did not answer within {self._timeout_s:g} s{fewer}.",
            data={"timeout_s": self._timeout_s, "at_a_time": self.limit, "before": before},
        )


_lock = threading.Lock()
_lanes: dict[tuple[str, str, float], Lane] = {}


def lane_of(settings: ChatSettings) -> Lane:
    """Return the process's lane to a model."""
    key = (settings.base_url, settings.model, settings.timeout_s)
    with _lock:
        if key not in _lanes:
            _lanes[key] = Lane(settings.timeout_s)
        return _lanes[key]


def forget_lanes() -> None:
    """Forget how fast every model is."""
    with _lock:
        _lanes.clear()


def _forget_in_child() -> None:
    global _lock  # noqa: PLW0603 - another thread may have held it when the process was forked
    _lock = threading.Lock()
    _lanes.clear()


os.register_at_fork(after_in_child=_forget_in_child)
