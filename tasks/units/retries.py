"""Trying one unit again in its place, a few times, when the other side has trouble."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from models.backoff import Backoff
from models.clock import Clock, spoken_wait
from models.errors import ItemFailedError, PostponedError, TransientError
from models.events import Event
from models.settings.table import CONCURRENCY
from tasks.pause import MAX_PAUSE_S, pause
from tasks.step import StepContext

Unit = TypeVar("Unit")
Result = TypeVar("Result")

#: How often one unit is tried within an attempt at its step.
MAX_TRIES = 4
#: Waits that the other side asks for use up no try: so many of them, and seconds in all, per unit.
MAX_ASKED_WAITS = 30
MAX_ASKED_S = 600.0
#: Failed tries in a row for each thread, whatever units they were of, after which none is tried
#: again: nobody is there, and many threads times many tries would not bring them back.
NOBODY_AFTER = 5
BACKOFF = Backoff(first_s=1.0, longest_s=MAX_PAUSE_S, factor=3.0, jitter=(1.0, 1.3))
#: Waits from here on are worth a warning on the screen.
LONG_PAUSE_S = 5.0


def with_retries(
    context: StepContext,
    fetch: Callable[[Unit], Result | None],
    name: Callable[[Unit], str],
    *,
    at_once: tuple[type[TransientError], ...] = (),
) -> Callable[[Unit], Result | None]:
    """Return `fetch` with up to `MAX_TRIES` tries of a unit that fails with `TransientError`.

    Every further try is audited as `item.retrying`. A wait that the other side asks for is kept as
    it is asked for, and does not count as a try (`MAX_ASKED_WAITS`).
    What is returned may be called in several threads at a time: a unit is not tried again where
    all of them have met nothing but trouble (`NOBODY_AFTER`).

    Args:
        context: The step that works; a dry run tries once, its world does not change.
        fetch: Asks a source.
        name: What a unit is called in the audit log.
        at_once: Errors that are not tried again here.

    Raises (what is returned):
        PostponedError: The other side asks for a longer wait than a thread may be held for.
        TransientError: The last try failed, too.
    """
    if context.args.dry:
        return fetch
    trouble = _Trouble(NOBODY_AFTER * CONCURRENCY.read())

    def attempt(unit: Unit) -> Result | None:
        left = _Left(context.clock)
        while True:
            try:
                return trouble.noted(fetch, unit)
            except TransientError as exc:
                wait_s = left.wait_s(exc)
                if wait_s is None or trouble.is_general or isinstance(exc, at_once):
                    raise
                _announce(context, name(unit), left, wait_s, exc)
                pause(wait_s, context.record.checkpoint)
                if trouble.is_general:  # by now
                    raise

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


class _Left:
    """How many tries and how much waiting are left for one unit.

    Args:
        clock: Where the time comes from.
    """

    def __init__(self, clock: Clock) -> None:
        self.tries = 1
        self.asked_waits = 0
        self._asked_s = 0.0
        self._clock = clock

    def wait_s(self, exc: TransientError) -> float | None:
        """Return how long to wait after a failed try, or None where there is no other.

        Raises:
            PostponedError: The other side asks for too long a wait.
        """
        if exc.retry_after_s is not None:
            return self._as_asked(exc, exc.retry_after_s)
        if self.tries >= MAX_TRIES:
            return None
        wait_s = min(BACKOFF.delay_s(self.tries), MAX_PAUSE_S)
        self.tries += 1
        return wait_s

    def _as_asked(self, exc: TransientError, asked_s: float) -> float | None:
        if asked_s > MAX_PAUSE_S:
            wait = spoken_wait(asked_s, self._clock.now())
            raise PostponedError(
                f"{exc.message} The other side asks to wait {wait}.",
                exc.hint,
                delay_s=asked_s,
                reason=exc.message,
            ) from exc
        # Some ask for 0 s, again and again.
        wait_s = min(BACKOFF.spread_s(max(asked_s, BACKOFF.first_s)), MAX_PAUSE_S)
        self.asked_waits += 1
        self._asked_s += wait_s
        if self.asked_waits > MAX_ASKED_WAITS or self._asked_s > MAX_ASKED_S:
            return None
        return wait_s


def _announce(
    context: StepContext, item: str, left: _Left, wait_s: float, exc: TransientError
) -> None:
    as_asked = exc.retry_after_s is not None
    next_try = "Again" if as_asked else f"Try {left.tries} of {MAX_TRIES}"
    data = {
        "item": item,
        "try": left.tries,
        "max_tries": MAX_TRIES,
        "wait_ms": round(wait_s * 1000),
        "error": str(exc),
    }
    context.record.audit(
        Event.ITEM_RETRYING,
        f"{item}: {exc.message} {next_try} in {wait_s:.1f} s{', as it asks' * as_asked}.",
        level="WARNING" if wait_s >= LONG_PAUSE_S else "INFO",
        data=data | ({"asked_wait": left.asked_waits} if as_asked else {}),
    )
