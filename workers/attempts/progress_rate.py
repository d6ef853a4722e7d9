"""How fast a step goes and how long it will still take, from what it says of its progress."""

from __future__ import annotations

from typing import Any

#: A rate over less than this says nothing.
MIN_S = 0.5


class Pace:
    """Turns counts into `{done, total, what, rate_per_s, eta_s}`.

    A step may have several phases, one after the other: a new total, or another thing that is
    counted, begins a new one. What earlier attempts did does not count for the rate. Rate and eta
    are None until they are known.
    """

    def __init__(self) -> None:
        self._phase = (-1, "")
        self._first_done = 0
        self._last_done = 0
        self._started_s = 0.0

    def at(self, done: int, total: int, now_s: float, what: str = "") -> dict[str, Any]:
        """Return the progress as it is stored.

        Args:
            done: Units that are done.
            total: All units of this phase.
            now_s: The monotonic time.
            what: What is counted.
        """
        if (total, what) != self._phase or done < self._last_done:
            self._phase, self._first_done, self._started_s = (total, what), done, now_s
        self._last_done = done
        rate = self._rate(done, now_s)
        eta_s = round((total - done) / rate, 1) if rate else None
        return {
            "done": done,
            "total": total,
            "what": what,
            "rate_per_s": round(rate, 2) if rate else None,
            "eta_s": eta_s,
        }

    def _rate(self, done: int, now_s: float) -> float | None:
        elapsed_s = now_s - self._started_s
        gained = done - self._first_done
        return gained / elapsed_s if elapsed_s >= MIN_S and gained > 0 else None
