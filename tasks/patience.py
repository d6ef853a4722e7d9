"""Trying one unit again in its place, a few times, when the other side has trouble."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TypeVar

from models.errors import PostponedError, TransientError
from tasks.pausing import MAX_PAUSE_S, pause
from tasks.step import StepContext

Unit = TypeVar("Unit")
Result = TypeVar("Result")

#: How often one unit is tried within an attempt at its step.
MAX_TRIES = 4
FIRST_PAUSE_S = 1.0
PAUSE_FACTOR = 3.0
JITTER = 0.3
#: Waits from here on are worth a warning on the screen.
LONG_PAUSE_S = 5.0


def patiently(
    context: StepContext, fetch: Callable[[Unit], Result | None], name: Callable[[Unit], str]
) -> Callable[[Unit], Result | None]:
    """Return `fetch` with up to `MAX_TRIES` tries of a unit that fails with `TransientError`.

    Every further try is audited as `item.retrying`. A wait that the other side asks for is kept.

    Args:
        context: The step that works; a dry run is not patient, its world does not change.
        fetch: Asks a source.
        name: What a unit is called in the audit log.

    Raises (what is returned):
        PostponedError: The other side asks for a longer wait than a thread may be held for.
        TransientError: The last try failed, too.
    """
    if context.args.dry:
        return fetch

    def attempt(unit: Unit) -> Result | None:
        for number in range(1, MAX_TRIES):
            try:
                return fetch(unit)
            except TransientError as exc:
                wait_s = _wait_s(number, exc)
                _announce(context, name(unit), number, wait_s, exc)
                pause(wait_s, context.record.checkpoint)
        return fetch(unit)

    return attempt


def _wait_s(number: int, exc: TransientError) -> float:
    """Return how long to wait after the `number`-th failed try, counted from 1."""
    asked_s = exc.retry_after_s or 0.0
    if asked_s > MAX_PAUSE_S:
        raise PostponedError(
            f"{exc.message} The other side asks to wait {asked_s:,.0f} s.",
            exc.hint,
            delay_s=asked_s,
        ) from exc
    growing_s = FIRST_PAUSE_S * PAUSE_FACTOR ** (number - 1)
    jitter = 1 + random.uniform(0, JITTER)  # noqa: S311 - not a secret
    return min(max(growing_s, asked_s) * jitter, MAX_PAUSE_S)


def _announce(
    context: StepContext, item: str, number: int, wait_s: float, exc: TransientError
) -> None:
    context.record.audit(
        "item.retrying",
        f"{item}: {exc.message} Try {number + 1} of {MAX_TRIES} in {wait_s:.1f} s.",
        level="WARNING" if wait_s >= LONG_PAUSE_S else "INFO",
        data={
            "item": item,
            "try": number + 1,
            "max_tries": MAX_TRIES,
            "wait_ms": round(wait_s * 1000),
            "error": str(exc),
        },
    )
