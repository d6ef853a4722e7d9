"""The one place that reads the time; tests put another clock in its place."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta


class Clock:
    """Wall time for records and a monotonic time for durations."""

    def now(self) -> datetime:
        """Return the current time in UTC."""
        return datetime.now(UTC)

    def now_ms(self) -> int:
        """Return milliseconds since the Unix epoch."""
        return int(self.now().timestamp() * 1000)

    def now_iso(self, offset_s: float = 0.0) -> str:
        """Return the current time, moved by `offset_s` seconds, as it is stored."""
        moment = self.now()
        return to_iso(moment + timedelta(seconds=offset_s) if offset_s else moment)

    def monotonic_s(self) -> float:
        """Return seconds on a clock that never goes backwards."""
        return time.monotonic()


def to_iso(moment: datetime) -> str:
    """Return `moment` as UTC ISO 8601 with microseconds, the form of every stored time."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return moment.isoformat(timespec="microseconds")[:26] + "Z"


def from_iso(text: str) -> datetime:
    """Return the time that `to_iso` wrote."""
    return datetime.fromisoformat(text)


def seconds_between(start_iso: str, end_iso: str) -> float:
    """Return the seconds from one stored time to another; negative where the clock went back."""
    return (from_iso(end_iso) - from_iso(start_iso)).total_seconds()


def spoken(seconds: float) -> str:
    """Return a duration for people: `41 s`, from two minutes on `60 min`, then `3.5 h`."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def spoken_wait(seconds: float, now: datetime) -> str:
    """Return how long a wait is, and when a long one ends: `60 min (until 19:13 UTC)`.

    Args:
        seconds: From `now` on; of any size, as servers ask for it.
        now: The time in UTC.
    """
    if seconds < 120:
        return spoken(seconds)
    end = now + timedelta(seconds=min(seconds, 365 * 86_400.0))
    form = "%H:%M UTC" if seconds < 43_200 else "%Y-%m-%d %H:%M UTC"
    return f"{spoken(seconds)} (until {end.strftime(form)})"
