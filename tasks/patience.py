"""Trying one unit again in its place, a few times, when the other side has trouble."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from typing import TypeVar

from models.errors import ItemFailedError, PostponedError, TransientError
from tasks.pausing import MAX_PAUSE_S, pause
from tasks.pool import concurrency
from tasks.step import StepContext

Unit = TypeVar("Unit")
Result = TypeVar("Result")

#: How often one unit is tried within an attempt at its step.
MAX_TRIES = 4
#: Failed tries in a row for each thread, whatever units they were of, after which none is tried
#: again: nobody is there, and many threads times many tries would not bring them back.
NOBODY_AFTER = 5
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
    What is returned may be called in several threads at a time: a unit is not tried again where
    all of them have met nothing but trouble (`NOBODY_AFTER`).

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
    trouble = _Trouble(NOBODY_AFTER * concurrency())

    def attempt(unit: Unit) -> Result | None:
        for number in range(1, MAX_TRIES):
            try:
                return trouble.noted(fetch, unit)
            except TransientError as exc:
                wait_s = _wait_s(number, exc)
                if trouble.is_general:
                    raise
                _announce(context, name(unit), number, wait_s, exc)
                pause(wait_s, context.record.checkpoint)
                if trouble.is_general:  # by now
                    raise
        return trouble.noted(fetch, unit)

    return attempt


class _Trouble:
    """The failed tries in a row of all units of a step, in all its threads.

    Args:
        limit: So many say that nobody is there.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._in_a_row = 0

    @property
    def is_general(self) -> bool:
        """Say whether nobody is there."""
        return self._in_a_row >= self._limit

    def noted(self, fetch: Callable[[Unit], Result | None], unit: Unit) -> Result | None:
        """Return what `fetch` returns, and note whether anybody answered."""
        try:
            result = fetch(unit)
        except TransientError as exc:
            if exc.retry_after_s is None:  # one that asks for a pause is there
                with self._lock:
                    self._in_a_row += 1
            raise
        except ItemFailedError:  # an answer, too
            self._end()
            raise
        self._end()
        return result

    def _end(self) -> None:
        with self._lock:
            self._in_a_row = 0


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
