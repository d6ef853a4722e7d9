"""Waiting for a named condition with a deadline, never for a length of time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
#: When to stop believing that something will come, on a machine that does much else besides.
DEADLINE_S = 180.0


def wait_until(what: str, condition: Callable[[], T], timeout_s: float = DEADLINE_S) -> T:
    """Return the condition's first true value, or fail saying what was waited for."""
    deadline_s = time.monotonic() + timeout_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline_s:
            raise AssertionError(f"Waited {timeout_s:g} s in vain for: {what}.")
        time.sleep(0.02)
