"""Whether a run of higher priority waits for a thread."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TypeVar

from models.clock import Clock
from models.dao.priorities import PrioritiesDao
from models.database.connection import database
from models.errors import DatabaseUnavailableError

T = TypeVar("T")
#: How long it is believed that no run has a priority: nobody pays for what is not used.
BELIEVED_S = 0.5
#: A run and a step of it.
Due = tuple[str, str]


class Urgency:
    """Compares the runs of one kind of broker, for all threads of a process.

    Args:
        broker: The kind of broker whose runs compete.
    """

    def __init__(self, broker: str) -> None:
        self._broker = broker
        self._looked_s = float("-inf")
        self._are_any = False

    def of_run(self, run_id: str, clock: Clock) -> int:
        """Return how urgent a run is; 0 is usual."""
        if not self._is_used(clock):
            return 0
        return _reading(lambda: PrioritiesDao.of_run(run_id), 0)

    def ahead_of(self, run_id: str, clock: Clock, but: Collection[Due] = ()) -> Due | None:
        """Return a step that is due and more urgent than a run, or None.

        Args:
            run_id: The run.
            clock: Where the time comes from.
            but: Steps that do not count.
        """
        if not self._is_used(clock):
            return None
        priority, now = self.of_run(run_id, clock), clock.now_iso()
        none: list[Due] = []
        due = _reading(lambda: PrioritiesDao.due_above(self._broker, priority, now), none)
        return next((one for one in due if one not in but), None)

    def _is_used(self, clock: Clock) -> bool:
        now_s = clock.monotonic_s()
        if now_s - self._looked_s >= BELIEVED_S:
            self._looked_s = now_s
            self._are_any = _reading(lambda: PrioritiesDao.are_any(self._broker), False)
        return self._are_any


def _reading(look: Callable[[], T], otherwise: T) -> T:
    """Return what is read, or something else where the database is away: others wait for it."""
    try:
        return database().reading(look, give_up=lambda: True)
    except DatabaseUnavailableError:
        return otherwise
