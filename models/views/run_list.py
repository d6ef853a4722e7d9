"""The list of runs, newest first, that fit what a person asked for: for commands and pages."""

from __future__ import annotations

from dataclasses import dataclass

from models.dao.runs import RunRow, RunsDao
from models.dao.workers import WorkersDao
from models.settings.runtime import Settings
from models.statuses import RUN_ENDED, RunStatus
from models.views.run_view import RunView, view_run

#: How many unfinished runs are looked at when a state is asked for that no column holds.
_UNFINISHED_MAX = 10_000


@dataclass(frozen=True, slots=True)
class RunFilter:
    """Which runs are wanted; None means all.

    Args:
        state: Only runs whose true state is this.
        since: Only those created at this time or later, as it is stored.
        until: Only those created before this time.
        query: Only those that searched for something with this part.
    """

    state: str | None = None
    since: str | None = None
    until: str | None = None
    query: str | None = None

    @property
    def asks(self) -> bool:
        """Say whether anything is asked for."""
        return bool(self.state or self.since or self.until or self.query)


def list_runs(
    settings: Settings, wanted: RunFilter, limit: int, *, before: str | None = None
) -> list[RunView]:
    """Return runs with their true state, the newest first.

    Args:
        settings: For the state.
        wanted: Which runs.
        limit: At most so many.
        before: Go on behind this run of the list.
    """
    workers = WorkersDao.all()
    if wanted.state is None or wanted.state in RUN_ENDED:
        ended = RunStatus(wanted.state) if wanted.state else None
        return [view_run(run, settings, workers) for run in _stored(wanted, ended, limit, before)]
    unfinished = [
        run
        for status in (RunStatus.QUEUED, RunStatus.RUNNING)
        for run in _stored(wanted, status, _UNFINISHED_MAX, before)
    ]
    unfinished.sort(key=lambda run: (run.created_at, run.run_id), reverse=True)
    views = (view_run(run, settings, workers) for run in unfinished)
    return [view for view in views if view.reading.state == wanted.state][:limit]


def _stored(
    wanted: RunFilter, status: RunStatus | None, limit: int, before: str | None
) -> list[RunRow]:
    return RunsDao.list(
        status=status,
        query=wanted.query,
        since=wanted.since,
        until=wanted.until,
        before=before,
        limit=limit,
    )
