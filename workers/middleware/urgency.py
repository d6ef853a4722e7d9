"""Whether a run that goes first waits for a thread: a more urgent one, or one that has begun."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TypeVar

from models.clock import Clock
from models.dao.priorities import PrioritiesDao
from models.database.connection import database
from models.errors import DatabaseUnavailableError
from models.steps import STEP_NAMES

T = TypeVar("T")
#: How long it is believed that there is none: nobody pays for what is not used.
BELIEVED_S = 0.5
#: A step that has been due for longer waits for a thread, not for its message.
WAITING_S = 1.0
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
        self._none_again_s = float("-inf")

    def of_run(self, run_id: str, clock: Clock) -> int:
        """Return how urgent a run is; 0 is usual."""
        if not self._is_used(clock):
            return 0
        return read_or_else(lambda: PrioritiesDao.of_run(run_id), 0)

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
        due = read_or_else(lambda: PrioritiesDao.due_above(self._broker, priority, now), none)
        return next((one for one in due if one not in but), None)

    def ahead_of_message(
        self, run_id: str, step: str, clock: Clock, but: Collection[Due] = ()
    ) -> Due | None:
        """Return a step that is due and goes before one whose message has come, or None.

        Before a run that has not begun also goes what was cut off, put off or given back of others:
        its message stands behind all that were in the queue by then, maybe hours of them.

        Args:
            run_id: The run.
            step: The step that the message is for.
            clock: Where the time comes from.
            but: Steps that do not count.
        """
        return self.ahead_of(run_id, clock, but) or self._due_again(run_id, step, clock, but)

    def _due_again(self, run_id: str, step: str, clock: Clock, but: Collection[Due]) -> Due | None:
        if step != STEP_NAMES[0] or self._broker == "memory":  # there, runs are their commands' own
            return None
        now_s = clock.monotonic_s()
        if now_s - self._none_again_s < BELIEVED_S:
            return None
        priority, now = self.of_run(run_id, clock), clock.now_iso()
        before, none = clock.now_iso(-WAITING_S), list[Due]()
        due = read_or_else(
            lambda: PrioritiesDao.due_again(self._broker, priority, before, now), none
        )
        if not due:
            self._none_again_s = now_s
        return next((one for one in due if one not in but), None)

    def _is_used(self, clock: Clock) -> bool:
        now_s = clock.monotonic_s()
        if now_s - self._looked_s >= BELIEVED_S:
            self._looked_s = now_s
            self._are_any = read_or_else(lambda: PrioritiesDao.are_any(self._broker), False)
        return self._are_any


def read_or_else(look: Callable[[], T], otherwise: T) -> T:
    """Return what is read, or something else where the database is away: others wait for it."""
    try:
        return database().reading(look, give_up=lambda: True)
    except DatabaseUnavailableError:
        return otherwise
