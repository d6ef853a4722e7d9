"""Threads that fetch units of work for a step; only the step's own thread saves what they bring."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context
from types import TracebackType
from typing import Generic, TypeVar

from msgspec import Struct

from models.database.connection import close_thread
from tasks.pause import abandon_with

Unit = TypeVar("Unit")
Result = TypeVar("Result")


class Fetched(Struct, Generic[Unit, Result], frozen=True):
    """What came of a unit: a result, or else the error that its fetch raised."""

    unit: Unit
    result: Result | None = None
    error: BaseException | None = None


class FetchPool(Generic[Unit, Result]):
    """Fetches units on threads of its own, which see the context of the thread that made it.

    Leaving the block asks the threads to stop and does not wait for them: one that sits in a
    request ends by itself when that is over, and what it brings is lost.

    Args:
        fetch: Called for each unit, in several threads at a time.
        size: How many threads.
    """

    def __init__(self, fetch: Callable[[Unit], Result | None], size: int) -> None:
        self._fetch = fetch
        self._units: queue.SimpleQueue[Unit | None] = queue.SimpleQueue()
        self._outcomes: queue.SimpleQueue[Fetched[Unit, Result]] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._size = size
        self._started = 0
        self._lock = threading.Lock()
        self._running = 0
        #: Units that were submitted and whose outcome has not been taken.
        self.open = 0

    def __enter__(self) -> FetchPool[Unit, Result]:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def submit(self, unit: Unit) -> None:
        """Have a unit fetched; threads are started as they are needed."""
        self.open += 1
        self._units.put(unit)
        if self._started < min(self._size, self.open):
            self._start_another()

    def _start_another(self) -> None:
        """Start a thread; where the system has no more of them, go on with those that there are."""
        thread = threading.Thread(
            target=copy_context().run,
            args=(self._work,),
            name=f"fetch-{self._started + 1}",
            daemon=True,  # a request that hangs must not keep the process from ending
        )
        try:
            thread.start()
        except RuntimeError:
            if not self._started:
                raise
            self._size = self._started
        else:
            self._started += 1

    def take(self, timeout_s: float, limit: int) -> list[Fetched[Unit, Result]]:
        """Return the outcomes that are there, at most `limit`; waits for the first one only."""
        taken: list[Fetched[Unit, Result]] = []
        with suppress(queue.Empty):
            taken.append(self._outcomes.get(timeout=timeout_s))
            while len(taken) < limit:
                taken.append(self._outcomes.get_nowait())
        self.open -= len(taken)
        return taken

    def stop(self) -> None:
        """Let no thread begin another unit, and end its pauses."""
        self._stopping.set()
        for _ in range(self._started):
            self._units.put(None)

    def last_outcomes(self, grace_s: float) -> list[Fetched[Unit, Result]]:
        """Return, after `stop`, what still comes in from requests that were already made.

        Args:
            grace_s: How long to wait for them.
        """
        deadline_s = time.monotonic() + grace_s
        taken: list[Fetched[Unit, Result]] = []
        while True:
            with self._lock:  # a thread puts its outcome before it is counted as idle
                running = self._running
            taken += self.take(0.0 if not running else 0.05, self.open + 1)
            if not running or time.monotonic() >= deadline_s:
                return taken

    def _work(self) -> None:
        abandon_with(self._stopping)
        try:
            while (unit := self._units.get()) is not None:
                with self._lock:
                    if self._stopping.is_set():
                        return
                    self._running += 1
                self._outcomes.put(self._outcome(unit))
                with self._lock:
                    self._running -= 1
        finally:
            close_thread()  # if a source has opened one

    def _outcome(self, unit: Unit) -> Fetched[Unit, Result]:
        try:
            return Fetched(unit, result=self._fetch(unit))
        except BaseException as exc:  # noqa: BLE001 - the step's thread raises it again
            return Fetched(unit, error=exc)
