"""A clock that stands still until a test moves it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from models.clock import Clock

START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class FakeClock(Clock):
    """Wall and monotonic time under a test's control."""

    def __init__(self, now: datetime = START) -> None:
        self._now = now
        self._monotonic_s = 1000.0

    def now_s(self) -> float:
        """Return the wall time that was set."""
        return self._now.timestamp()

    def monotonic_s(self) -> float:
        """Return the monotonic time, which only `advance` moves."""
        return self._monotonic_s

    def advance(self, seconds: float) -> None:
        """Let time pass on both clocks."""
        self._now += timedelta(seconds=seconds)
        self._monotonic_s += seconds

    def set_wall(self, seconds: float) -> None:
        """Move the wall clock alone, back or forth, as an operator or NTP does."""
        self._now += timedelta(seconds=seconds)
