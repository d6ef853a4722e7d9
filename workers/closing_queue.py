"""Queues of a worker in this process whose readers can be sent away at once."""

from __future__ import annotations

from queue import Empty, PriorityQueue, Queue
from typing import Any


class ClosingQueue(Queue[Any]):
    """A queue in which nobody waits any more once it has been closed.

    Who reads it with a timeout needs no short one to notice that the process ends.
    """

    closed = False

    def get(self, block: bool = True, timeout: float | None = None) -> Any:
        """Return the next item, as `Queue.get` does; when closed it waits for none.

        Raises:
            Empty: There is none, in time or at all.
        """
        with self.not_empty:
            self.not_empty.wait_for(lambda: self._qsize() or self.closed, timeout if block else 0)
            if not self._qsize():
                raise Empty
            item = self._get()
            self.not_full.notify()
            return item

    def close(self) -> None:
        """Send everybody away who waits for an item, now and from now on."""
        with self.mutex:
            self.closed = True
            self.not_empty.notify_all()


class ClosingPriorityQueue(ClosingQueue, PriorityQueue[Any]):
    """The same, with the smallest item first."""
