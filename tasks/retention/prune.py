"""Carrying out a plan of what to remove, a run at a time, so that it can be left at any point."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import asdict

from models.clock import Clock, from_iso, to_iso
from models.dao.embeddings import EmbeddingsDao
from models.dao.readmes import ReadmesDao
from models.dao.runs import RunsDao
from models.database.connection import database
from models.lifecycle.prune import record_prune_finished, record_prune_started, remove_run
from models.views.prune_plan import PrunePlan
from tasks.retention.exports import remove_export

T = TypeVar("T")
#: Shared texts and vectors that are deleted in one transaction, and by one call.
BATCH = 50
UNUSED_MAX = 10_000


class Removed(Struct):
    """What was removed, counted.

    stayed: runs that were opened again, or came to be needed, meanwhile; exports_left: folders in
    which something was changed since Scout wrote them.
    """

    runs: int = 0
    rows: int = 0
    stayed: int = 0
    exports: int = 0
    exports_left: int = 0
    readme_texts: int = 0
    answers: int = 0
    embeddings: int = 0


def prune(
    plan: PrunePlan,
    *,
    who: str,
    exports: bool = False,
    clock: Clock | None = None,
    go_on: Callable[[], bool] = lambda: True,
) -> Removed:
    """Remove what a plan says, then what no run uses any more, and return what was removed.

    Each run is a transaction of its own. An export goes before its run's rows: where the process
    dies in between, the next call finds the run again.

    Args:
        plan: What is removed; with no run in it, nothing is done.
        who: Who wants it, for the audit log.
        exports: Whether the runs' exports are removed, too.
        clock: Where the time comes from.
        go_on: Asked before each run; false ends it early.

    Raises:
        DatabaseUnavailableError: The database stayed locked or away.
    """
    removed = Removed()
    if not plan.runs:
        return removed
    clock = clock or Clock()
    record_prune_started(plan, who, exports=exports, clock=clock)
    try:
        _remove_runs(plan, removed, exports, go_on)
        _remove_unused(removed, clock)
    finally:
        record_prune_finished(who, asdict(removed), clock=clock)
    return removed


def _remove_runs(
    plan: PrunePlan, removed: Removed, exports: bool, go_on: Callable[[], bool]
) -> None:
    needed: set[str] = set()
    for run in plan.runs:
        if not go_on():
            return
        if exports and run.run_id not in needed:
            gone = remove_export(run.run_id)
            removed.exports += gone is True
            removed.exports_left += gone is False
        rows = None if run.run_id in needed else remove_run(run, plan)
        if rows is None:
            needed.update(run.rests_on)
            removed.stayed += 1
        elif rows:
            removed.runs += 1
            removed.rows += rows


def _remove_unused(removed: Removed, clock: Clock) -> None:
    """Delete shared texts, answers and vectors that no run that is left uses; not all at once."""
    from tasks.sources.github.cache import prune_answers

    texts = database().reading(lambda: ReadmesDao.unused(UNUSED_MAX), slow=True)
    removed.readme_texts = _in_batches(texts, ReadmesDao.delete_unused)
    removed.answers = prune_answers(clock, lambda: None)["pruned"]
    oldest = database().reading(RunsDao.oldest_created_at) or clock.now_iso()
    before = _a_day_before(oldest)
    vectors = database().reading(lambda: EmbeddingsDao.unused_since(before, UNUSED_MAX), slow=True)
    removed.embeddings = _in_batches(
        vectors, lambda keys: EmbeddingsDao.delete_unused(keys, before)
    )


def _in_batches(keys: Sequence[T], delete: Callable[[Sequence[T]], int]) -> int:
    """Delete rows a few in a transaction, and return how many it were."""
    deleted = 0
    for start in range(0, len(keys), BATCH):
        batch = keys[start : start + BATCH]
        deleted += database().transact(partial(delete, batch))
    return deleted


def _a_day_before(moment: str) -> str:
    """Return the time before which a vector was surely not used: that is noted to the day."""
    return to_iso(from_iso(moment) - timedelta(days=1))
