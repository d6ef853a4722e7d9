"""Which runs a retention policy removes now: worked out from rows, nothing is changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from msgspec import Struct

from models.clock import Clock
from models.dao.run_removal import RunLink, RunRemovalDao
from models.database.connection import database
from models.retention import RetentionPolicy
from models.statuses import RUN_ENDED

#: Runs whose size is measured; that of more is worked out from so many of them.
MEASURED_MAX = 50


class PrunePlan(Struct, frozen=True):
    """What a policy removes.

    Attributes:
        policy: What it follows from.
        made_at: When it was made; what has been created since is looked at again.
        runs: What is removed, the newest first: a run before those that it rests on.
        needed: Old runs that stay because another one rests on them, or they have marks.
        total: All runs.
    """

    policy: RetentionPolicy
    made_at: str
    runs: tuple[RunLink, ...]
    needed: int
    total: int

    def by_status(self) -> Mapping[str, int]:
        """Return how many runs of each status are removed."""
        return dict(sorted(Counter(run.status.value for run in self.runs).items()))

    def size_bytes(self) -> int:
        """Return about how many bytes they take: some of them are measured."""
        step = -(-len(self.runs) // MEASURED_MAX) or 1
        some = self.runs[::step]
        measured = sum(RunRemovalDao.size_bytes(run.run_id) for run in some)
        return round(measured * len(self.runs) / len(some)) if some else 0


def plan_prune(policy: RetentionPolicy, clock: Clock) -> PrunePlan:
    """Return what a policy removes now."""
    made_at = clock.now_iso()
    links = database().reading(RunRemovalDao.links)
    old = _old_runs(links, policy, clock)
    needed = _needed(links, old, database().reading(RunRemovalDao.marked))
    runs = tuple(run for run in links if run.run_id in old and run.run_id not in needed)
    return PrunePlan(policy, made_at, runs, len(old) - len(runs), len(links))


def _old_runs(links: Sequence[RunLink], policy: RetentionPolicy, clock: Clock) -> set[str]:
    return {
        run.run_id
        for run in links[policy.keep :]
        if run.status in RUN_ENDED
        and run.ended_at is not None
        and run.ended_at <= clock.now_iso(-policy.age_s(run.status))
    }


def _needed(links: Sequence[RunLink], old: set[str], marked: set[str]) -> set[str]:
    """Return the runs that stay: those that are not old, and whatever a run that stays names."""
    by_id = {run.run_id: run for run in links}
    waiting = [run.run_id for run in links if run.run_id not in old or run.run_id in marked]
    needed: set[str] = set()
    while waiting:
        run_id = waiting.pop()
        if run_id in by_id and run_id not in needed:
            needed.add(run_id)
            waiting += by_id[run_id].rests_on
    return needed
