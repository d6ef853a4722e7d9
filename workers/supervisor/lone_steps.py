"""Processes that run one step alone: whoever brings a process down again and again is found there.

A worker process asks for one when it meets a step that was interrupted twice. What dies there dies
alone, and the count of its deaths is its own (`models.lifecycle.crash_count`).
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable

from models.events import Event
from workers.supervisor.child_line import Request
from workers.supervisor.child_process import ChildProcess

logger = logging.getLogger("scout.worker")

#: More requests than this are forgotten; the messages come again.
_WAITING_MAX = 100


class LoneSteps:
    """Starts a process for each step that must run alone, a few at a time.

    Args:
        most: How many at a time.
        start: Starts the process for a step; None if the system cannot start one now.
    """

    def __init__(self, most: int, start: Callable[[Request], ChildProcess | None]) -> None:
        self._most = most
        self._start = start
        self._waiting: deque[Request] = deque()
        self._running: dict[ChildProcess, Request] = {}
        #: Asked for again by themselves, as their process ended before it was ready.
        self._again: set[Request] = set()

    def ask(self, request: Request) -> None:
        """Note a request, once."""
        known = request in self._waiting or request in self._running.values()
        if not known and len(self._waiting) < _WAITING_MAX:
            self._waiting.append(request)

    def start_some(self) -> None:
        """Start what waits, as far as there is room."""
        while self._waiting and len(self._running) < self._most:
            request = self._waiting.popleft()
            child = self._start(request)
            if child is None:
                return
            self._running[child] = request
            run_id, step = request
            logger.warning(
                "%s was interrupted twice: it runs alone, in process %d.",
                *(step, child.pid),
                extra={
                    "event": Event.WORKER_LONE_STEP,
                    "run_id": run_id,
                    "step": step,
                    "worker_pid": child.pid,
                },
            )

    def forget(self, child: ChildProcess) -> bool:
        """Let go of a process that has ended; returns whether it was one of these.

        One that was never ready has not seen its step, whose message is gone: once, another comes.
        """
        request = self._running.pop(child, None)
        if request is None:
            return False
        if child.ready or request in self._again:
            self._again.discard(request)
        else:
            self._again.add(request)
            self.ask(request)
        return True

    def cancel(self) -> None:
        """Start no more."""
        self._waiting.clear()
