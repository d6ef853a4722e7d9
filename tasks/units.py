"""The loop that every step runs over its units of work: fetch one, save a few, say how far."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from tasks.step import StepContext

Unit = TypeVar("Unit")
Result = TypeVar("Result")

#: Results are saved together while they come faster than this; slow ones are saved one by one.
BATCH_S = 0.02
#: Also the most results that are in memory at a time.
BATCH_MAX = 25


def work_through(
    context: StepContext,
    units: Sequence[Unit],
    fetch: Callable[[Unit], Result],
    save: Callable[[Sequence[Result]], None],
    *,
    done: int = 0,
) -> None:
    """Fetch each unit and save the results in small batches, also when a fetch fails.

    An error of `fetch` ends the loop, after what came before it was saved, so that the next attempt
    does only the rest. This is the one place for fetching several units at a time, and for
    deciding that one bad unit does not fail a step.

    Args:
        context: The step that works.
        units: What is still to do, in the order in which it is done.
        fetch: Asks a source; runs outside every transaction.
        save: Writes a batch of results in one transaction of its own.
        done: Units that earlier attempts have done, for the progress.
    """
    total = done + len(units)
    batch: list[Result] = []
    started_s = context.clock.monotonic_s()

    def flush() -> None:
        nonlocal done, started_s
        if batch:
            save(tuple(batch))
            done += len(batch)
            batch.clear()
            context.record.progress(done, total)
        started_s = context.clock.monotonic_s()

    try:
        for unit in units:
            context.record.checkpoint()
            batch.append(fetch(unit))
            if len(batch) >= BATCH_MAX or context.clock.monotonic_s() - started_s >= BATCH_S:
                flush()
    finally:
        flush()
