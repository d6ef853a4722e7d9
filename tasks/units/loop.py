"""The loop that every step runs over its units of work: fetch, save, say how far.

A dry run fetches one unit after the other. A live one fetches several at a time and saves each
result as it arrives, in the step's own thread; what fails for one unit alone is recorded and does
not fail the step (`tasks.units.failure_budget`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Generic, TypeVar

from models.errors import ItemFailedError, ScoutError, TransientError
from models.settings.table import CONCURRENCY
from tasks.pause import SLICE_S
from tasks.step import StepContext
from tasks.units.failure_budget import Tolerance
from tasks.units.fetch_pool import Fetched, FetchPool
from tasks.units.retries import with_retries
from tasks.units.unexpected import contained

Unit = TypeVar("Unit")
Result = TypeVar("Result")

#: Results are saved together while they come faster than this; slow ones are saved one by one.
BATCH_S = 0.02
#: Also the most results that are in memory at a time, beside the units in hand.
BATCH_MAX = 25
#: How long a step that must stop waits for the answers to requests that were already made.
STOP_GRACE_S = 5.0


def work_through(  # noqa: PLR0913 - each says one thing about the units, most by default
    context: StepContext,
    units: Iterable[Unit],
    fetch: Callable[[Unit], Result | None],
    save: Callable[[Sequence[Result]], None],
    *,
    done: int = 0,
    lost: int = 0,
    count: int | None = None,
    failed: Callable[[Unit, ScoutError], Result] | None = None,
    unusable: Callable[[Result], ScoutError | None] | None = None,
    name: Callable[[Unit], str] = str,
    what: str = "",
) -> None:
    """Fetch each unit and save the results in small batches, also when a fetch fails.

    An error ends the loop, after what came before it was saved, so that the next attempt does only
    the rest. In a live run `TransientError` is first tried again in place (`tasks.units.retries`);
    what then is left of it, `ItemFailedError`, and what nobody foresaw (`tasks.units.unexpected`)
    concern one unit: `failed` makes of them a result that records the failure.

    Args:
        context: The step that works.
        units: What is still to do, in the order in which it is begun. Read little by little, so
            that a generator may prepare large units (in the step's thread).
        fetch: Asks a source; runs outside every transaction, in a live run on other threads. None
            says that the unit was left undone.
        save: Writes a batch of results in one transaction of its own.
        done: Units that earlier attempts have done, for the progress.
        lost: How many of those brought nothing that can be used.
        count: How many units there are, where they are no sequence.
        failed: Returns the result that records a failed unit; None lets every error end the loop.
        unusable: Returns what is wrong with a result that is saved and of no use, or None. In a
            live run such units count as failed ones do.
        name: What a unit is called in the audit log.
        what: What the units are, in the plural, for the progress.

    Raises:
        TransientError: The other side is away, or a dry run's source raised it.
        PermanentError: Too many units failed, or brought nothing that can be used.
        PostponedError: The other side asks for a long wait.
    """
    expected = count if count is not None else len(units)  # type: ignore[arg-type]
    tolerance = Tolerance(done + expected, done, lost)
    work = _Work(context, save, failed, unusable, tolerance, done, expected, what)
    if context.args.dry:
        _one_by_one(work, units, fetch)
    else:
        _in_parallel(work, units, with_retries(context, contained(context, fetch, name), name))


class _Work(Generic[Unit, Result]):
    """What the two loops share: the batch, the failures, the progress."""

    def __init__(
        self,
        context: StepContext,
        save: Callable[[Sequence[Result]], None],
        failed: Callable[[Unit, ScoutError], Result] | None,
        unusable: Callable[[Result], ScoutError | None] | None,
        tolerance: Tolerance,
        done: int,
        count: int,
        what: str,
    ) -> None:
        self.context = context
        self._save = save
        self._failed = failed
        self._unusable = unusable
        self._tolerance = tolerance
        self._done = done
        self._what = what
        self._total = done + count
        self._batch: list[Result] = []
        self._flushed_s = context.clock.monotonic_s()
        if count:
            context.record.progress(done, self._total, what)

    def is_due(self) -> bool:
        """Say whether the batch should be saved before more is fetched."""
        full = len(self._batch) >= BATCH_MAX
        return full or self.context.clock.monotonic_s() - self._flushed_s >= BATCH_S

    def add(self, result: Result | None) -> None:
        """Take a result into the batch."""
        if result is not None:
            self._batch.append(result)

    def accept(self, outcomes: Sequence[Fetched[Unit, Result]]) -> None:
        """Save what came of some units; the first error that concerns more than its unit is raised.

        Raises:
            TransientError: The other side is away.
            PermanentError: Too many units failed.
        """
        fatal = [error for outcome in outcomes if (error := self._sorted(outcome)) is not None]
        self.flush()
        if fatal:
            raise fatal[0]
        self._tolerance.check()

    def keep(self, outcomes: Sequence[Fetched[Unit, Result]]) -> None:
        """Save the results among the outcomes of a loop that ends because of an error."""
        for outcome in outcomes:
            error = outcome.error
            if self._failed and isinstance(error, (ItemFailedError, TransientError)):
                self.add(self._failed(outcome.unit, error))  # it may have been paid for
            else:
                self.add(outcome.result)
        self.flush()

    def _sorted(self, outcome: Fetched[Unit, Result]) -> BaseException | None:
        """Take an outcome into the batch, or return an error that concerns more than its unit."""
        error = outcome.error
        if error is None:
            self._count(outcome.result)
            self.add(outcome.result)
        elif self._failed and isinstance(error, (ItemFailedError, TransientError)):
            self.add(self._failed(outcome.unit, error))
            self._tolerance.failure(error)
        else:
            return error
        return None

    def finish(self) -> None:
        """Say that nothing is left to do.

        Raises:
            PermanentError: All that was done is of no use.
        """
        self._tolerance.check_end()

    def _count(self, result: Result | None) -> None:
        if result is None:  # left undone
            return
        if self._unusable and (error := self._unusable(result)):
            self._tolerance.useless(error)
        else:
            self._tolerance.success()

    def flush(self) -> None:
        """Save the batch, if there is one, and say how far the step is."""
        if self._batch:
            self._save(tuple(self._batch))
            self._done += len(self._batch)
            self._batch.clear()
            self.context.record.progress(self._done, self._total, self._what)
        self._flushed_s = self.context.clock.monotonic_s()


def _one_by_one(
    work: _Work[Unit, Result], units: Iterable[Unit], fetch: Callable[[Unit], Result | None]
) -> None:
    try:
        for unit in units:
            work.context.record.checkpoint()
            work.add(fetch(unit))
            if work.is_due():
                work.flush()
    finally:
        work.flush()


def _in_parallel(
    work: _Work[Unit, Result], units: Iterable[Unit], fetch: Callable[[Unit], Result | None]
) -> None:
    size = CONCURRENCY.read()
    waiting = iter(units)
    # As many more as there are threads: none of them is idle while a batch is being saved.
    with FetchPool(fetch, size) as pool:
        try:
            more = True
            while more or pool.open:
                work.context.record.checkpoint()
                while more and pool.open < 2 * size:
                    more = _submit_next(pool, waiting)
                if pool.open:  # else there is nothing that could come
                    work.accept(pool.take(SLICE_S, BATCH_MAX))
        except BaseException:
            pool.stop()
            # Raises where the step is no longer ours: then there is nothing to wait for.
            work.context.record.save(lambda: None)
            work.flush()
            work.keep(pool.last_outcomes(STOP_GRACE_S))
            raise
    work.finish()


def _submit_next(pool: FetchPool[Unit, Result], waiting: Iterator[Unit]) -> bool:
    """Submit the next unit; returns whether there was one."""
    for unit in waiting:
        pool.submit(unit)
        return True
    return False
