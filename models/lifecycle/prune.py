"""Old runs are removed: each in a transaction of its own, beside workers that go on working.

What is about to be removed is on record before the first row goes, and what was removed afterwards,
so that a process that dies in between leaves a beginning without an end.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from msgspec.structs import asdict

from models.audit import Entry, Journal, transition
from models.clock import Clock, from_iso, to_iso
from models.dao.run_removal import RunLink, RunRemovalDao
from models.dao.seals import SealsDao
from models.database.connection import database
from models.events import Event
from models.statuses import RUN_ENDED
from models.views.prune_plan import PrunePlan

_SCOPE = "prune"
#: How far the clocks of two machines may be apart.
_CLOCKS_APART = timedelta(hours=1)


def remove_run(run: RunLink, plan: PrunePlan) -> int | None:
    """Remove a run with all its rows.

    Returns:
        How many rows it had; None where it stays: it was opened again, or another run or a mark
        has come to rest on it since the plan was made.

    Raises:
        DatabaseUnavailableError: The database stayed locked or away.
    """
    since = to_iso(from_iso(plan.made_at) - _CLOCKS_APART)

    def work() -> int | None:
        database().take_time()
        status = RunRemovalDao.hold(run.run_id)
        if status is None:
            return 0  # another process has removed it
        if status not in RUN_ENDED or RunRemovalDao.is_named_since(run.run_id, since):
            return None
        removed = RunRemovalDao.remove(run.run_id)
        SealsDao.leave_stubs(run.run_id, Clock().now_iso())
        return removed

    return database().transact(work)


def record_prune_started(plan: PrunePlan, who: str, *, exports: bool, clock: Clock) -> None:
    """Put on record which runs are about to be removed, by whom and why."""
    runs = plan.runs
    entry = Entry(
        event=Event.PRUNE_STARTED,
        message=(
            f"{who} removes {len(runs):,} of {plan.total:,} runs,"
            f" {runs[-1].run_id} to {runs[0].run_id}."
        ),
        scope=_SCOPE,
        data={
            "who": who,
            "runs": len(runs),
            "of": plan.total,
            "oldest": runs[-1].run_id,
            "newest": runs[0].run_id,
            "policy": asdict(plan.policy),
            "exports": exports,
        },
    )
    _record(entry, clock)


def record_prune_finished(who: str, counts: Mapping[str, Any], *, clock: Clock) -> None:
    """Put on record what was removed."""
    entry = Entry(
        event=Event.PRUNE_FINISHED,
        message=f"{counts['runs']:,} runs with {counts['rows']:,} rows were removed by {who}.",
        scope=_SCOPE,
        data={"who": who, **counts},
    )
    _record(entry, clock)


def _record(entry: Entry, clock: Clock) -> None:
    def work(journal: Journal) -> None:
        journal.add(entry)
        SealsDao.ask(None, clock.now_iso())

    transition(work, clock)
