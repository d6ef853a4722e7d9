"""Groups that do not return: they were proposed before, or a person has decided about them."""

from __future__ import annotations

from collections.abc import Mapping

from models.dao.briefs import BriefsDao
from models.dao.runs import RunsDao
from models.run_args import RunArgs
from models.statuses import Mark
from models.views.earlier_runs import runs_up_to
from models.views.repo_names import RepoNames, marks_in

#: Pairs that a run without a language model lists, and so proposes.
PAIRS_LISTED = 20


def held_back(run_id: str, args: RunArgs) -> Mapping[str, str]:
    """Return why groups are kept out of a run with `--since`, by their key in lower case.

    The key is that of this run: a repository that was renamed since has another name now.

    What was proposed with a text in the run that `--since` names, or in those that it goes on from,
    does not return, nor what is marked as sent or declined anywhere. What is marked for later does.
    In a run without a language model, neither does what such runs before it have listed.
    """
    if args.since is None:
        return {}
    reasons: dict[str, str] = {}
    names = RepoNames.of_run(run_id)
    for earlier in runs_up_to(args.since):
        ids = RepoNames.of_run(earlier).ids
        for key in _proposed(earlier, args):
            reasons.setdefault(names.key_of(key, ids).lower(), f"proposed in run {earlier}")
    for key, row in marks_in(run_id).items():
        if row.mark == Mark.LATER:
            reasons.pop(key.lower(), None)
        else:
            reasons[key.lower()] = f"marked as {row.mark}"
    return reasons


def _proposed(run_id: str, args: RunArgs) -> list[str]:
    """Return the keys of what an earlier run proposed, in the way in which this one proposes."""
    written = BriefsDao.written_keys(run_id)
    if args.no_llm and RunsDao.get(run_id).args.get("no_llm"):
        return [*written, *BriefsDao.listed_keys(run_id, PAIRS_LISTED)]
    return written
