"""The places that a supervisor keeps filled, and how long it waits before it fills one again."""

from __future__ import annotations

import logging
import time

from msgspec import Struct

from models.backoff import Backoff
from models.events import Event
from workers.supervisor.child_process import ChildProcess

logger = logging.getLogger("scout.worker")

#: With jitter, so that processes that died together do not start together.
BACKOFF = Backoff(first_s=0.5, longest_s=10.0, jitter=(0.75, 1.25))
#: Seconds to be ready in, beside what the database is waited for.
BOOT_LIMIT_S = 60.0


class RestartPolicy(Struct, frozen=True):
    """How long to wait before a worker process that died is started again.

    Attributes:
        backoff: How long after so many quick deaths in a row.
        stable_after_s: A process that was ready and lived this long restarts at once.
        boot_limit_s: A process that takes longer to be ready is replaced.
        silence_s: A process that gives no sign of life for so long is replaced.
    """

    backoff: Backoff = BACKOFF
    stable_after_s: float = 10.0
    boot_limit_s: float = BOOT_LIMIT_S
    silence_s: float = 10.0

    def is_quick(self, lived_s: float, *, ready: bool, worked: bool) -> bool:
        """Say whether a death counts as one at start.

        Who has brought a step to its end got somewhere, however short its life was. What brings
        processes down again and again is a step then, and soon runs alone.
        """
        return not worked and (not ready or lived_s < self.stable_after_s)

    def delay_s(self, quick_deaths: int) -> float:
        """Return the seconds to wait after so many quick deaths in a row."""
        return self.backoff.delay_s(quick_deaths) if quick_deaths else 0.0


class Slot(Struct):
    """One place for a worker process, and its history.

    `start_at_s` is when to start one, on the monotonic clock, or None where one is running.
    """

    number: int
    child: ChildProcess | None = None
    start_at_s: float | None = 0.0
    quick_deaths: int = 0
    refused_boots: int = 0

    def restart_later(self, policy: RestartPolicy, *, quick: bool) -> None:
        """Have a process started here again, after the wait that a death calls for, and say so."""
        self.quick_deaths = self.quick_deaths + 1 if quick else 0
        delay_s = policy.delay_s(self.quick_deaths)
        self.start_at_s = time.monotonic() + delay_s
        logger.info(
            "Restarting worker %d %s.",
            *(self.number, f"in {delay_s:.1f} s" if delay_s else "at once"),
            extra={
                "event": Event.WORKER_RESTARTING,
                "worker": self.number,
                "delay_s": round(delay_s, 3),
            },
        )
