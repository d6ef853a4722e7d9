"""Everything that is known about a run, read for a diagnosis."""

from __future__ import annotations

from cli.diagnosis.case import Case
from models.dao import AuditDao, RunsDao
from models.dao.briefs import BriefsDao
from models.dao.fleet import FleetDao
from models.dao.pools import PoolsDao
from models.dao.workers import WorkersDao
from models.database.probe import free_bytes_of
from models.settings.runtime import Settings
from models.views.attempts import attempts_of
from models.views.model_answers import analysis_answers, brief_answers
from models.views.run_view import view_run
from models.views.spending import spending
from models.views.worker_threads import count_threads, view_workers


def load_case(run_text: str, settings: Settings) -> Case:
    """Return everything that is known about the run that a person named.

    Raises:
        InputError: No run matches, or several do.
    """
    view = view_run(RunsDao.resolve(run_text), settings)
    run_id = view.run.run_id
    rows = list(AuditDao.of_run(run_id))
    live = view_workers(WorkersDao.all(), FleetDao.held(), view.now, settings.step_time_limit_s)
    return Case(
        view,
        rows,
        attempts_of(rows),
        BriefsDao.counts(run_id),
        analysis_answers(run_id),
        brief_answers(run_id),
        BriefsDao.best_rejected_score(run_id),
        count_threads(live, view.run.broker),
        free_bytes_of(settings),
        PoolsDao.at_work(view.run.pool.name, run_id) if view.run.pool else [],
        spending(run_id),
    )
