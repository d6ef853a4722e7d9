"""A limit that is learnt from refusals: it only goes down, for all threads, and is news once."""

from __future__ import annotations

import threading


class LearntLimit:
    """How much the other side takes, as far as is known; shared by the threads of a step.

    Args:
        usual: What it is until a refusal tells otherwise.
    """

    def __init__(self, usual: int) -> None:
        self._lock = threading.Lock()
        self._value = usual

    @property
    def value(self) -> int:
        """Return what is known now."""
        return self._value

    def lower_to(self, value: int) -> bool:
        """Remember that no more than `value` is taken; returns whether that is news."""
        with self._lock:
            is_news = value < self._value
            self._value = min(self._value, value)
        return is_news
