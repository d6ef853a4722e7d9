"""Since when nothing has moved in a step: what is left of its time is then an old guess."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.clock import spoken

#: So long without a unit done makes a guess old; and so many times as long as a unit usually takes.
OLD_AFTER_S = 15.0
OLD_AFTER_UNITS = 3


class Stillness:
    """Looks at the progress of one step after the other, again and again."""

    def __init__(self) -> None:
        self._seen: object = None
        self._since_s = 0.0

    def for_s(self, step: str, progress: Mapping[str, Any], now_s: float) -> float:
        """Return for how many seconds a step has stood at the same count.

        Args:
            step: The step's name.
            progress: What it says of its progress.
            now_s: The monotonic time.
        """
        seen = (step, progress.get("done"), progress.get("total"))
        if seen != self._seen:
            self._seen, self._since_s = seen, now_s
        return now_s - self._since_s


def time_left(progress: Mapping[str, Any], still_s: float) -> str:
    """Return how long a step will take, or for how long nothing has moved; may be empty.

    Args:
        progress: What the step says of its progress.
        still_s: For how long it has stood there.
    """
    rate = progress.get("rate_per_s") or 0.0
    if still_s >= max(OLD_AFTER_S, OLD_AFTER_UNITS / rate if rate else 0.0):
        return f"nothing new for {spoken(still_s)}"
    eta_s = progress.get("eta_s")
    return "" if eta_s is None else f"{spoken(eta_s)} left"
