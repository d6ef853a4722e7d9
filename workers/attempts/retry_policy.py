"""Which failures are tried again, how often, and after how long (docs/decisions.md, decision 5)."""

from __future__ import annotations

import random
from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Struct
from msgspec.structs import replace

from models.backoff import Backoff, Uniform
from models.database.failure_kinds import may_pass
from models.errors import DatabaseUnavailableError, TransientError
from models.settings.retries import FIRST_WAIT_S, StepTries

BACKOFF = Backoff(first_s=FIRST_WAIT_S, longest_s=60.0, factor=4.0, jitter=(0.8, 1.2))


class RetryPolicy(Struct, frozen=True):
    """Exponential back-off with jitter, few tries, a bounded wait.

    Attributes:
        max_tries: How often a step is tried in all.
        backoff: How long it waits between.
        asked: What somebody asked for, by step (`SCOUT_RETRIES`).
    """

    max_tries: int = 3
    backoff: Backoff = BACKOFF
    asked: Mapping[str, StepTries] = MappingProxyType({})

    def of_step(self, name: str) -> RetryPolicy:
        """Return the policy of a step: what was asked for it, or this one."""
        asked = self.asked.get(name)
        if asked is None:
            return self
        first_s = asked.first_wait_s
        longest_s = max(first_s, self.backoff.longest_s)
        return RetryPolicy(asked.max_tries, replace(BACKOFF, first_s=first_s, longest_s=longest_s))

    def delay_s(self, tries: int, exc: BaseException, uniform: Uniform = random.uniform) -> float:
        """Return how long to wait after the `tries`-th failed try, counted from 1.

        A wait that the other side asked for is kept, up to the maximum.
        """
        asked_s = exc.retry_after_s if isinstance(exc, TransientError) else None
        delay_s = self.backoff.delay_s(tries, uniform)
        return min(max(delay_s, asked_s or 0.0), self.backoff.most_s)


def is_transient(exc: BaseException) -> bool:
    """Say whether a failure may pass: network, rate limit, 5xx, or a busy or absent database."""
    if isinstance(exc, (TransientError, ConnectionError, TimeoutError)):
        return True
    if isinstance(exc, DatabaseUnavailableError):
        return exc.__cause__ is not None and may_pass(exc.__cause__)
    return may_pass(exc)
