"""What the pages show, read from the database: the same views that the commands print."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from cli.diagnosis.loading import load_case
from cli.diagnosis.rules import diagnose
from cli.doctor.database import check_database
from cli.doctor.health import ask_both, judge
from cli.web.pages.fleet import FleetFound, fleet_regions
from cli.web.pages.parts import Regions
from cli.web.pages.records import find_records
from cli.web.pages.run import RunFound, run_regions
from cli.web.reader import Reader, Shared
from models.clock import Clock
from models.dao.audit import AuditDao
from models.dao.briefs import BriefsDao
from models.dao.run_conditions import RunConditions
from models.dao.run_keys import RunKeysDao
from models.dao.runs import RunsDao
from models.dao.searches import SearchesDao
from models.dao.steps import StepsDao
from models.dao.tags import TagsDao
from models.run_args import RunArgs
from models.settings.runtime import Settings
from models.statuses import RunStatus, State
from models.views.attempts import ATTEMPT_EVENTS, attempts_of
from models.views.fleet import FleetView, view_fleet
from models.views.health import Limits
from models.views.repo_names import marks_in
from models.views.run_list import RunFilter, list_runs
from models.views.run_view import RunView, view_run
from models.views.step_stats import Stats, view_stats
from tasks.export.report import load_report
from tasks.export.results_json import results

_HOUR_S, _DAY_S = 3600.0, 86_400.0
_UNFINISHED_SHOWN, _FAILED_SHOWN = 20, 10
#: A day's numbers are dear where there are many runs; counting them takes a twentieth of the time.
_DAY_FOR_TIMES = 20.0
#: A run that goes on is drawn anew after this long, whatever its rows say.
_REDRAWN_AFTER_S = 5.0
#: States that say all there is to say.
_PLAIN = frozenset({State.QUEUED, State.RUNNING})


class Drawn(Struct, frozen=True):
    """The parts of a page that can be renewed, and whether they never will be again."""

    regions: Regions
    ended: bool = False


class _Rows(Struct, frozen=True):
    fleet: FleetView
    hour: Stats
    unfinished: list[RunView]
    failed: list[RunView]


class FleetScreen:
    """Draws the first screen; what is dear is asked for once for all who look.

    Args:
        reader: What reads the rows.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader, self._settings = reader, reader.settings
        self._day = Shared(lambda: reader.read(lambda: view_stats(_DAY_S)), 0.5, _DAY_FOR_TIMES)

    async def draw(self) -> Drawn:
        """Ask database and broker, read the rows, and draw."""
        settings = self._settings
        state = await self._reader.on_thread(lambda: check_database(settings, count=False))
        # They may take seconds where something is wrong, and nobody should wait for them to read.
        asking = asyncio.create_task(asyncio.to_thread(ask_both, settings, state))
        rows = day = None
        if state.readable:
            rows = await self._reader.read(lambda: _rows(settings))
            day = await self._day.get()
        limits = Limits()
        look = judge(state, await asking, rows.fleet if rows else None, limits)
        if rows is None:
            return Drawn(fleet_regions(FleetFound(look)))
        found = FleetFound(look, rows.hour, day, rows.unfinished, rows.failed)
        return await self._reader.on_thread(lambda: Drawn(fleet_regions(found)))


def _rows(settings: Settings) -> _Rows:
    since = Clock().now_iso(-_DAY_S)
    unfinished = [
        view
        for status in (RunStatus.RUNNING, RunStatus.QUEUED)
        for run in RunsDao.list(RunConditions(statuses=(status,)), limit=_UNFINISHED_SHOWN)
        for view in (view_run(run, settings),)
    ]
    failed = list_runs(settings, RunFilter(state=State.FAILED, since=since), _FAILED_SHOWN)
    fleet = view_fleet(settings)
    return _Rows(fleet, view_stats(_HOUR_S), unfinished[:_UNFINISHED_SHOWN], failed)


def find_run(
    run_id: str, settings: Settings, asked: Mapping[str, str] | None = None, **records: int
) -> RunFound:
    """Return what is known of a run; the database must be open.

    Args:
        run_id: The run.
        settings: For its state.
        asked: Which of its records; the newest by default.
        records: `limit`, the most of them.

    Raises:
        InputError: There is no such run.
    """
    view = view_run(RunsDao.get(run_id), settings)
    return RunFound(
        view,
        attempts_of(AuditDao.of_events(run_id, ATTEMPT_EVENTS)),
        find_records(run_id, asked or {}, **records),
        None if view.reading.state in _PLAIN else diagnose(load_case(run_id, settings)),
        BriefsDao.of_run(run_id),
        marks_in(run_id),
        TagsDao.of_run(run_id),
        RunKeysDao.of_run(run_id),
    )


class RunScreen:
    """Draws the page of a run for those who watch it.

    It is drawn anew when its rows have changed, and every few seconds for what only time changes.

    Args:
        run_id: The run.
        reader: What reads the rows.
        clock: Where the time comes from.
    """

    def __init__(self, run_id: str, reader: Reader, clock: Clock | None = None) -> None:
        self._run_id, self._reader, self._clock = run_id, reader, clock or Clock()
        self._rows: object = None
        self._drawn: Drawn | None = None
        self._drawn_at_s = 0.0

    async def draw(self) -> Drawn:
        """Return the page as it is now.

        Raises:
            InputError: There is no such run.
        """
        return await self._reader.read(self._draw)

    def _draw(self) -> Drawn:
        run_id, now_s = self._run_id, self._clock.monotonic_s()
        rows = RunsDao.get(run_id), StepsDao.of_run(run_id), AuditDao.newest_id(run_id)
        fresh = now_s - self._drawn_at_s < _REDRAWN_AFTER_S
        if self._drawn is None or not fresh or rows != self._rows:
            self._drawn, _ = drawn_and_found(run_id, self._reader.settings)
            self._rows, self._drawn_at_s = rows, now_s
        return self._drawn


def drawn_and_found(
    run_id: str, settings: Settings, asked: Mapping[str, str] | None = None
) -> tuple[Drawn, RunFound]:
    """Return the parts of a run's page, and what they are made of; the database must be open.

    Raises:
        InputError: There is no such run.
    """
    found = find_run(run_id, settings, asked)
    return Drawn(run_regions(found), found.view.run.ended), found


def find_results(run_id: str) -> dict[str, Any] | None:
    """Return what a run found and wrote, as its export tells it; None before it found anything.

    The time of the export is that of the run's end: it is read anew, and the same each time.

    Raises:
        InputError: There is no such run.
    """
    run = RunsDao.get(run_id)
    if not SearchesDao.count(run_id):
        return None
    report = load_report(run_id, RunArgs.from_dict(run.args))
    return results(report, run.finished_at or run.created_at)
