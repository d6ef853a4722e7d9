"""Removes old runs beside the work, where `SCOUT_RETENTION` says which: a few at a time."""

from __future__ import annotations

import time
from collections.abc import Callable

from models.clock import Clock
from models.retention import RetentionPolicy
from models.views.prune_plan import plan_prune
from tasks.retention.prune import prune
from workers.turn import take_turn

#: How often it is looked for old runs, and how long runs are removed in one go.
INTERVAL_S = 600.0
SLICE_S = 2.0
_WHO = "SCOUT_RETENTION"


class RetentionKeeper:
    """One tick of the retention loop; one process at a time does it, whatever its broker.

    Args:
        policy: What is removed.
        clock: Where the time comes from.
    """

    interval_s = INTERVAL_S

    def __init__(self, policy: RetentionPolicy, clock: Clock | None = None) -> None:
        self.policy = policy
        self.clock = clock or Clock()
        self._stopped = False

    def tick(self) -> None:
        """Remove what is old, until it is done or the process stops; exports stay."""
        while self._has_turn() and not self._stopped:
            plan = plan_prune(self.policy, self.clock)
            if not plan.runs:
                return
            removed = prune(plan, who=_WHO, clock=self.clock, go_on=self._slice())
            if not removed.runs:
                return

    def stop(self) -> None:
        """Let the tick that runs now end after the run that it removes."""
        self._stopped = True

    def _slice(self) -> Callable[[], bool]:
        """Return what says whether to go on: until a slice of time is over, or the process ends."""
        until_s = time.monotonic() + SLICE_S
        return lambda: not self._stopped and time.monotonic() < until_s

    def _has_turn(self) -> bool:
        return take_turn("retention", SLICE_S + 60, self.clock)
