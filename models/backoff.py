"""How long to wait before the next try: longer each time up to a limit, never all at one moment."""

from __future__ import annotations

import random
from collections.abc import Callable

from msgspec import Struct

#: Returns a number between two; tests put their own in its place.
Uniform = Callable[[float, float], float]
#: Beyond so many tries every delay is the longest one; larger powers fit no float.
_TRIES_MAX = 64


class Backoff(Struct, frozen=True):
    """Exponential delays with a limit and jitter.

    Attributes:
        first_s: Seconds after the first failed try.
        longest_s: What the growing ends at, before jitter.
        factor: How much longer each delay is than the one before.
        jitter: The least and the most that a delay is multiplied with; by default there is none.
    """

    first_s: float
    longest_s: float
    factor: float = 2.0
    jitter: tuple[float, float] = (1.0, 1.0)

    @property
    def most_s(self) -> float:
        """Return the longest delay there is, jitter included."""
        return self.longest_s * self.jitter[1]

    def delay_s(self, tries: int, uniform: Uniform = random.uniform) -> float:
        """Return the seconds to wait after the `tries`-th failed try in a row, counted from 1."""
        grown_s = self.first_s * self.factor ** min(tries - 1, _TRIES_MAX)
        return self.spread_s(min(grown_s, self.longest_s), uniform)

    def longer_s(self, last_s: float) -> float:
        """Return the delay that follows one of `last_s` seconds, where only that is known."""
        return min(max(last_s * self.factor, self.first_s), self.longest_s)

    def spread_s(self, wait_s: float, uniform: Uniform = random.uniform) -> float:
        """Return a wait with this jitter, so that those who wait alike do not all come at once."""
        return wait_s * uniform(*self.jitter)
