"""Groups that do not return: they were proposed before, or a person has decided about them."""

from __future__ import annotations

from collections.abc import Mapping

from models.dao.brief_marks import BriefMarksDao
from models.dao.briefs import BriefsDao
from models.run_args import RunArgs
from models.statuses import Mark
from models.views.earlier_runs import runs_up_to


def held_back(args: RunArgs) -> Mapping[str, str]:
    """Return why groups are kept out of a run with `--since`, by their key in lower case.

    What was proposed with a text in the run that `--since` names, or in those that it goes on from,
    does not return, nor what is marked as sent or declined anywhere. What is marked for later does.
    """
    if args.since is None:
        return {}
    reasons: dict[str, str] = {}
    for run_id in runs_up_to(args.since):
        for key in BriefsDao.written_keys(run_id):
            reasons.setdefault(key.lower(), f"proposed in run {run_id}")
    for key, row in BriefMarksDao.newest().items():
        if row.mark == Mark.LATER:
            reasons.pop(key.lower(), None)
        else:
            reasons[key.lower()] = f"marked as {row.mark}"
    return reasons
