"""Postponements in a row between which a step got no further, and how many of them are too many."""

from __future__ import annotations

from typing import Any

from msgspec import Struct
from msgspec.structs import asdict

from models.clock import seconds_between, spoken
from models.dao.audit import AuditDao
from models.dao.steps import ClaimedRow
from models.events import Event

#: Postponements in a row without a unit done in between; one more fails the step, if they took as
#: long as this. Many short ones may only mean that many runs share a quota.
MAX_IN_A_ROW = 12
MAX_STANDSTILL_S = 7_200.0


class Standstill(Struct, frozen=True):
    """What a postponement's audit row holds about those before it, so that the last row tells all.

    Args:
        done: Units that were done when the attempt ended.
        total: All units of the phase that the step was in.
        in_a_row: Postponements that ended with as many; 1 where the step got further.
        since: When the first of them was.
    """

    done: int
    total: int
    in_a_row: int
    since: str

    def is_too_long(self, now: str) -> bool:
        """Say whether the step should wait no more; `now` is the time, as it is stored."""
        waited_s = seconds_between(self.since, now)
        return self.in_a_row > MAX_IN_A_ROW and waited_s >= MAX_STANDSTILL_S

    def to_dict(self) -> dict[str, Any]:
        """Return it as it stands in the audit row."""
        return asdict(self)

    def failure(self, row: ClaimedRow, reason: str, now: str) -> str:
        """Return what is wrong with a step that waits in vain, and what to do about it.

        Args:
            row: The step.
            reason: Why it would be postponed again.
            now: The time, as it is stored.
        """
        waited = spoken(seconds_between(self.since, now))
        done = f" ({self.done:,} of {self.total:,} done)" if self.total else ""
        return (
            f"{row.name} was postponed {self.in_a_row - 1} times in a row and got no further in"
            f" {waited}{done}. The last reason: {reason} What is done is kept; when the other side"
            f" answers again: scout resume {row.run_id}"
        )


def standstill(row: ClaimedRow, done: int, total: int, now: str) -> Standstill:
    """Return what a postponement of a step now would add to; a resumed run begins anew.

    Args:
        row: The step.
        done: Units that are done. A step that begins an attempt where the last one ended says so
            (`tasks.units.loop`, `tasks.search.pages`).
        total: All units of the phase that it is in; another total is another phase.
        now: The time, as it is stored.
    """
    postponed = AuditDao.newest(row.run_id, Event.STEP_POSTPONED, row.step_id)
    resumed = AuditDao.newest(row.run_id, Event.RUN_RESUMED)
    if postponed is None or (resumed is not None and resumed.id > postponed.id):
        return Standstill(done, total, 1, now)
    last = postponed.data
    count, since = last.get("in_a_row"), last.get("since")
    stands_still = last.get("total") == total and last.get("done", -1) >= done
    if stands_still and isinstance(count, int) and isinstance(since, str):
        return Standstill(done, total, count + 1, since)
    return Standstill(done, total, 1, now)
