"""The runs that a run goes on from: the one named by `--since`, its parent, and theirs."""

from __future__ import annotations

from models.dao.runs import RunsDao

#: Runs that are looked back at; a run a week makes that twenty years.
MAX_EARLIER = 1_000


def earlier_runs(run_id: str) -> tuple[str, ...]:
    """Return the ids of the runs that a run goes on from, nearest first, without itself."""
    found: list[str] = []
    waiting = _named_by(run_id)
    while waiting and len(found) < MAX_EARLIER:
        earlier = waiting.pop(0)
        if earlier not in found and earlier != run_id and RunsDao.exists(earlier):
            found.append(earlier)
            waiting += _named_by(earlier)
    return tuple(found)


def runs_up_to(run_id: str) -> tuple[str, ...]:
    """Return a run's id where it exists, and the ids of those that it goes on from."""
    return (run_id, *earlier_runs(run_id)) if RunsDao.exists(run_id) else ()


def _named_by(run_id: str) -> list[str]:
    run = RunsDao.get(run_id)
    return [str(one) for one in (run.args.get("since"), run.parent_run_id) if one]
