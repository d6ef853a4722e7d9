"""The one place that reads the time; tests put another clock in its place.

Leases, due times and turns are judged by one clock, that of the database (docs/decisions.md,
decision 13): `shared_time` is what this process knows of it, and `Clock` tells that time.
"""

from __future__ import annotations

import math
import time
from datetime import UTC, datetime, timedelta
from functools import lru_cache

#: A clock that was set back by more than this is believed: before, it was wrong.
BELIEVED_S = 86_400.0


def wall_s() -> float:
    """Return what this machine's clock says, in seconds since the epoch; anybody may set it."""
    return time.time()


def running_s() -> float:
    """Return for how long this machine has been running, its sleep included; nobody sets it."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


class SharedTime:
    """The time that all processes on one database agree on, to within a trip to it.

    It is kept as the moment at which this machine was started, by the database's clock, and goes
    on by the time for which it has been running, whatever is done to its own clock. Behind a
    server it is the server's time. SQLite has no clock: there it is the machine's, which is
    followed forward at once, and not back.
    """

    def __init__(self) -> None:
        self._started_at_s: float | None = None
        self._of_server = False

    @property
    def started_at_s(self) -> float:
        """Return when this machine was started, in seconds since the epoch."""
        self.now_s()
        return wall_s() - running_s() if self._started_at_s is None else self._started_at_s

    @property
    def ahead_s(self) -> float:
        """Return by how much this machine's clock is ahead of the shared time."""
        return wall_s() - self.now_s()

    def now_s(self) -> float:
        """Return the time, in seconds since the epoch."""
        if self._started_at_s is None:
            return wall_s()
        at_s = self._started_at_s + running_s()
        if self._of_server:
            return at_s
        by_machine_s = wall_s()
        if at_s - BELIEVED_S < by_machine_s < at_s:
            return at_s
        self._started_at_s = by_machine_s - running_s()
        return by_machine_s

    def follow_server(self, server_s: float, asked_s: float, answered_s: float) -> None:
        """Take over the time of a server, as far as what it said can tell.

        Args:
            server_s: What it said, in seconds since the epoch.
            asked_s: When it was asked, by `running_s`.
            answered_s: When it had answered. It said it somewhere in between: what is known is
                corrected only where that cannot be true, so time goes back only if it must.
        """
        known_s = self.started_at_s
        self._started_at_s = min(max(known_s, server_s - answered_s), server_s - asked_s)
        self._of_server = True

    def follow_machine(self, started_at_s: float | None = None) -> None:
        """Take over the time of this machine.

        Args:
            started_at_s: Its start as others on it have it; what is known stays if it is later.
        """
        if self._of_server or self._started_at_s is None:
            self._started_at_s = wall_s() - running_s()
        self._of_server = False
        if started_at_s is not None:
            self._started_at_s = max(self._started_at_s, started_at_s)


#: One database is current in a process, so one time is.
shared_time = SharedTime()


class Clock:
    """The shared time for records and a monotonic time for durations."""

    def now_s(self) -> float:
        """Return seconds since the Unix epoch, by the database's clock."""
        return shared_time.now_s()

    def now(self) -> datetime:
        """Return the current time in UTC, by the database's clock."""
        return datetime.fromtimestamp(self.now_s(), UTC)

    def now_ms(self) -> int:
        """Return milliseconds since the Unix epoch."""
        return int(self.now_s() * 1000)

    def now_iso(self, offset_s: float = 0.0) -> str:
        """Return the current time, moved by `offset_s` seconds, as it is stored."""
        return iso_of(self.now_s() + offset_s)

    def monotonic_s(self) -> float:
        """Return seconds on a clock that never goes backwards."""
        return time.monotonic()


def to_iso(moment: datetime) -> str:
    """Return `moment` as UTC ISO 8601 with microseconds, the form of every stored time."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    # Without its zone, which takes two thirds of the time to write.
    return moment.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def iso_of(epoch_s: float) -> str:
    """Return seconds since the Unix epoch in the form of every stored time, as `to_iso` does.

    Each step and each line has several: the seconds of the last one are kept.
    """
    second_s = math.floor(epoch_s)
    microseconds = round((epoch_s - second_s) * 1_000_000)
    if microseconds == 1_000_000:
        second_s, microseconds = second_s + 1, 0
    return f"{_until_seconds(second_s)}.{microseconds:06d}Z"


@lru_cache(maxsize=16)
def _until_seconds(second_s: int) -> str:
    return datetime.fromtimestamp(second_s, UTC).isoformat()[:19]


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
