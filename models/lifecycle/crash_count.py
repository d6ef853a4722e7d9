"""How often a step was interrupted in a row, and how often it was alone in its process then.

Whatever kills a process interrupts all that it had in hand. So only what dies alone is charged with
it: a step that was interrupted twice runs alone in a process (`models.lifecycle.claim`), and there
it dies again or ends.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from models.backoff import Backoff, Uniform
from models.dao.audit import AuditDao
from models.dao.steps import ClaimedRow, StepsDao
from models.events import Event

#: Deaths alone in a row, without progress, after which a step is given up as a crash loop.
MAX_ALONE = 5
#: The same in whatever company, for processes that have no parent that could run it alone.
MAX_IN_COMPANY = 40
#: Interruptions in a row after which a step starts again at once; then ever later, and alone.
AT_ONCE = 2
LONGEST_DELAY_S = 60.0
JITTER = (0.75, 1.25)
#: How a step waits that is not started at once any more.
BACKOFF = Backoff(first_s=1.0, longest_s=LONGEST_DELAY_S, jitter=JITTER)


class CrashCount(Struct, frozen=True):
    """What an interruption's audit row holds about those before it, so that the last tells all.

    Args:
        interruptions: Interruptions in a row between which the step got no further.
        alone: How many of them left no other step of the same process unfinished.
        done: Units that were done, and `total`, all of them, as the step said last; 0 of 0 where
            it did not.
        total: See `done`.
    """

    interruptions: int
    alone: int
    done: int
    total: int

    @property
    def is_loop(self) -> bool:
        """Say whether the step should be started no more."""
        return self.alone >= MAX_ALONE or self.interruptions >= MAX_IN_COMPANY

    def to_dict(self) -> dict[str, int]:
        """Return it as it stands in the audit row."""
        return {
            "interruptions": self.interruptions,
            "alone": self.alone,
            "done": self.done,
            "total": self.total,
        }


def runs_alone(interruptions: int) -> bool:
    """Say whether a step that was interrupted so often in a row must have a process of its own."""
    return interruptions >= AT_ONCE


def restart_delay_s(interruptions: int, uniform: Uniform | None = None) -> float:
    """Return how long a step waits after so many interruptions in a row; never all at a time."""
    if interruptions <= AT_ONCE:
        return 0.0
    tries = interruptions - AT_ONCE
    return BACKOFF.delay_s(tries, uniform) if uniform else BACKOFF.delay_s(tries)


def count_crash(row: ClaimedRow, *, counts: bool, neighbours: int) -> CrashCount:
    """Return the count with an interruption that is being recorded now.

    Args:
        row: The running step.
        counts: Whether the interruption counts; that of a shutdown does not.
        neighbours: How many other steps the same process had in hand.
    """
    progress = StepsDao.progress_of(row.step_id)
    done, total = _number(progress, "done"), _number(progress, "total")
    newest = AuditDao.newest(row.run_id, Event.STEP_INTERRUPTED, row.step_id)
    last = newest.data if newest is not None and row.interruptions else {}
    before, alone = row.interruptions, _number(last, "alone")
    if last and _number(last, "total") == total:
        if done > _number(last, "done"):
            before = alone = 0  # it got further
        else:
            done = _number(last, "done")
    if counts:
        before, alone = before + 1, alone + (neighbours == 0)
    return CrashCount(before, alone, done, total)


def _number(data: dict[str, Any], key: str) -> int:
    value = data.get(key)
    return value if isinstance(value, int) else 0
