"""Which failures are tried again, how often, and after how long (design, decision 5)."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from models.database.trouble import may_pass
from models.errors import DatabaseUnavailableError, TransientError


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Exponential back-off with jitter, few tries, a bounded wait."""

    max_tries: int = 3
    first_delay_s: float = 2.0
    factor: float = 4.0
    max_delay_s: float = 60.0
    jitter: float = 0.2

    def delay_s(
        self,
        tries: int,
        exc: BaseException,
        uniform: Callable[[float, float], float] = random.uniform,
    ) -> float:
        """Return how long to wait after the `tries`-th failed try, counted from 1.

        A wait that the other side asked for is kept, up to the maximum.
        """
        asked_s = exc.retry_after_s if isinstance(exc, TransientError) else None
        delay_s = min(self.first_delay_s * self.factor ** (tries - 1), self.max_delay_s)
        delay_s *= uniform(1 - self.jitter, 1 + self.jitter)
        return min(max(delay_s, asked_s or 0.0), self.max_delay_s * (1 + self.jitter))


def is_transient(exc: BaseException) -> bool:
    """Say whether a failure may pass: network, rate limit, 5xx, or a busy or absent database."""
    if isinstance(exc, (TransientError, ConnectionError, TimeoutError)):
        return True
    if isinstance(exc, DatabaseUnavailableError):
        return exc.__cause__ is not None and may_pass(exc.__cause__)
    return may_pass(exc)
