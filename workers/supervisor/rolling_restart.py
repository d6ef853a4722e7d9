"""A rolling restart: each worker process is replaced only when its successor is ready."""

from __future__ import annotations

import logging
from collections import deque
from typing import Protocol

from models.events import Event
from workers.supervisor.child_process import ChildProcess
from workers.supervisor.slots import Slot

logger = logging.getLogger("scout.worker")


class Fleet(Protocol):
    """What a rolling restart needs of the supervisor."""

    slots: list[Slot]
    grace_s: float

    def start_child(self, slot: Slot) -> ChildProcess | None:
        """Start a process for a place; None if the system cannot start one now."""

    def say(self, event: Event, child: ChildProcess, message: str, *args: object) -> None:
        """Log a line about a process; its number is the message's first argument."""


class RollingRestart:
    """Replaces the processes of a supervisor one after the other.

    A successor that does not get ready ends the restart; the processes that are left go on.

    Args:
        fleet: Whose processes to replace.
    """

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._waiting: deque[Slot] = deque()
        #: The place that is being replaced now, and the two processes of it besides `slot.child`:
        #: first a successor that boots, then a predecessor that finishes.
        self._slot: Slot | None = None
        self._successor: ChildProcess | None = None
        self._retiring: ChildProcess | None = None

    def begin(self) -> None:
        """Start a rolling restart, unless one is under way."""
        if self._waiting or self._slot:
            logger.info("A rolling restart is under way.", extra={"event": Event.WORKER_RELOADING})
            return
        self._waiting.extend(self._fleet.slots)
        logger.info(
            "Rolling restart: replacing the worker processes one after the other.",
            extra={"event": Event.WORKER_RELOADING, "processes": len(self._waiting)},
        )

    def cancel(self) -> None:
        """Forget what is left of it."""
        self._waiting.clear()
        self._slot = self._successor = self._retiring = None

    def advance(self) -> None:
        """Take the next step that can be taken now."""
        if self._slot is None and self._waiting:
            self._replace(self._waiting.popleft())
        elif self._slot is not None and self._successor is not None:
            self._hand_over_when_ready(self._slot, self._successor)

    def took_over(self, ended: ChildProcess) -> bool:
        """Say whether the end of a process was dealt with here: its place needs no restart."""
        if ended is self._retiring:
            self._slot_done()
        elif ended is self._successor:
            self._fail("its replacement ended before it was ready")
        elif self._slot is not None and self._successor and ended is self._slot.child:
            # It died while its successor was starting: that one takes its place now.
            self._slot.child = self._successor
            self._slot_done()
        else:
            return False
        return True

    def _replace(self, slot: Slot) -> None:
        self._slot = slot
        if slot.child is None:  # about to be started anew anyway
            self._slot_done()
            return
        self._successor = self._fleet.start_child(slot)
        if self._successor is None:
            self._fail("its replacement could not be started")

    def _hand_over_when_ready(self, slot: Slot, successor: ChildProcess) -> None:
        if successor.ready and slot.child is not None:
            old = slot.child
            self._retiring, slot.child, self._successor = old, successor, None
            slot.quick_deaths = 0
            message = "Worker %d: process %d makes way for process %d."
            self._fleet.say(Event.WORKER_REPLACING, old, message, old.pid, successor.pid)
            old.stop(self._fleet.grace_s)

    def _slot_done(self) -> None:
        self._slot = self._successor = self._retiring = None
        if not self._waiting:
            logger.info("Rolling restart finished.", extra={"event": Event.WORKER_RELOADED})

    def _fail(self, reason: str) -> None:
        number = self._slot.number if self._slot else None
        self.cancel()
        logger.error(
            "Rolling restart given up at worker %s: %s. The other processes run on as they were.",
            *(number, reason),
            extra={"event": Event.WORKER_RELOAD_FAILED, "worker": number},
        )
