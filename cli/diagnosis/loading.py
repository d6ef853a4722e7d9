"""Everything that is known about a run, read for a diagnosis."""

from __future__ import annotations

from cli.diagnosis.case import Case
from models.dao import AuditDao, RunsDao
from models.dao.briefs import BriefsDao
from models.settings.runtime import Settings
from models.views.answers import analysis_answers, brief_answers
from models.views.attempts import attempts_of
from models.views.run_view import view_run


def load_case(run_text: str, settings: Settings) -> Case:
    """Return everything that is known about the run that a person named.

    Raises:
        InputError: No run matches, or several do.
    """
    view = view_run(RunsDao.resolve(run_text), settings)
    run_id = view.run.run_id
    rows = list(AuditDao.of_run(run_id))
    return Case(
        view,
        rows,
        attempts_of(rows),
        BriefsDao.counts(run_id),
        analysis_answers(run_id),
        brief_answers(run_id),
        BriefsDao.best_rejected_score(run_id),
    )
