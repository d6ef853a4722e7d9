"""The list of runs that fit what a person asked for: for commands and pages."""

from __future__ import annotations

from msgspec import Struct

from models.dao.run_conditions import RunConditions, RunOrder, RunSource
from models.dao.runs import RunsDao
from models.dao.workers import WorkersDao
from models.settings.runtime import Settings
from models.statuses import RUN_ENDED, RunStatus
from models.views.run_view import RunView, view_run

#: How many unfinished runs are looked at when a state is asked for that no column holds.
_UNFINISHED_MAX = 10_000
_UNFINISHED = (RunStatus.QUEUED, RunStatus.RUNNING)


class RunFilter(Struct, frozen=True, kw_only=True):
    """Which runs are wanted; what is not given is not asked for.

    Attributes:
        state: Only runs whose true state is this.
        since: Only those created at this time or later, as it is stored.
        until: Only those created before this time.
        query: Only those that searched for something with this part.
        tags: Only those with these, by name; of one whose value is None any value will do.
        command: Only those that this command made.
        source: Only those that read from this.
    """

    state: str | None = None
    since: str | None = None
    until: str | None = None
    query: str | None = None
    tags: tuple[tuple[str, str | None], ...] = ()
    command: str | None = None
    source: RunSource | None = None

    @property
    def asks(self) -> bool:
        """Say whether anything is asked for."""
        return self != _ALL

    def conditions(self, statuses: tuple[RunStatus, ...], before: str | None) -> RunConditions:
        """Return what the rows of the runs must say, beside their state.

        Args:
            statuses: One of these is theirs; none means any.
            before: They stand behind this run in the list.
        """
        return RunConditions(
            statuses=statuses,
            query=self.query,
            since=self.since,
            until=self.until,
            before=before,
            tags=self.tags,
            command=self.command,
            source=self.source,
        )


_ALL = RunFilter()


def list_runs(
    settings: Settings,
    wanted: RunFilter,
    limit: int,
    *,
    before: str | None = None,
    order: RunOrder = RunOrder.CREATED,
) -> list[RunView]:
    """Return runs with their true state, by default the newest first.

    Args:
        settings: For the state.
        wanted: Which runs.
        limit: At most so many.
        before: Go on behind this run of the list of the newest.
        order: Which ones come first.
    """
    state = wanted.state
    is_stored = state is None or state in RUN_ENDED
    statuses = ((RunStatus(state),) if state else ()) if is_stored else _UNFINISHED
    found = RunsDao.list(
        wanted.conditions(statuses, before),
        limit=limit if is_stored else _UNFINISHED_MAX,
        order=order,
    )
    workers = WorkersDao.all()
    views = (view_run(run, settings, workers) for run in found)
    return [view for view in views if is_stored or view.reading.state == state][:limit]
