"""Seals what has ended beside the work: a little at a time, in one process of all."""

from __future__ import annotations

from models.clock import Clock
from models.lifecycle.seal import is_sealing_due, seal_due
from workers.turn import take_turn

#: How often it is looked for what is to be sealed, and how long of that it may take at most: a
#: backlog waits, and the work does not notice.
INTERVAL_S = 2.0
SLICE_S = 0.05


class Sealer:
    """One tick of the sealing loop.

    Args:
        clock: Where the time comes from.
    """

    interval_s = INTERVAL_S

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock or Clock()

    def tick(self) -> None:
        """Seal for a moment, unless another process does it now."""
        if is_sealing_due(self.clock) and self._has_turn():
            seal_due(self.clock, SLICE_S)

    def finish(self) -> None:
        """Seal what this process has just ended, where no other may come for long.

        Whoever comes next need not wait until the turn of a process that is gone runs out.
        """
        if is_sealing_due(self.clock, 0.0) and self._has_turn():
            seal_due(self.clock, SLICE_S, 0.0)
            self._has_turn(for_s=0.0)

    def _has_turn(self, for_s: float = INTERVAL_S * 3 + 30) -> bool:
        return take_turn("seals", for_s, self.clock)
