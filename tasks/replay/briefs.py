"""Groups, their scores and their ranks, again: from the stored analyses and metadata."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from models.dao.briefs import BriefRow, BriefsDao
from models.dao.runs import RunRow
from models.run_args import RunArgs
from models.statuses import BriefStatus
from models.text.canonical_json import loads
from tasks.briefs import grouping
from tasks.briefs.grouping import Group
from tasks.briefs.partners import EMBEDDINGS, group_run
from tasks.briefs.plan import NOT_PROPOSED, formed_by, kept_groups
from tasks.briefs.v1 import grouping as v1
from tasks.briefs.v1 import scoring as v1_scoring
from tasks.briefs.v1.candidates import load_candidates
from tasks.briefs.verdict_rows import fits_of
from tasks.briefs.why import RULE, reasons
from tasks.embeddings.store import stored_vectors
from tasks.replay.differences import NotReproduced, compare

#: What both policies' groups have.
_Group = Any


def replay_briefs(run: RunRow) -> int:
    """Group and rank again; returns how many briefs there are, 0 where the run made none.

    The policy is that of the rows, so that old runs replay as well.

    Raises:
        NotReproduced: A group, its score, its rank or what its members share is another.
    """
    stored = BriefsDao.rows(run.run_id)
    if not stored:
        return 0
    args = RunArgs.from_dict(run.args)
    policy = stored[0].scoring_policy
    found = _grouped(policy)(run.run_id, args, stored)
    held = {row.group_key.lower() for row in stored if row.status == BriefStatus.KEPT_OUT}
    groups, shortlisted = kept_groups(found, args.min_score, held)
    for number, (row, group) in enumerate(zip(stored, groups, strict=False), start=1):
        compare(f"the policy of the group of rank {row.rank}", row.scoring_policy, policy)
        _check(row, group, number, group.key in shortlisted)
    compare("the number of groups", len(stored), len(groups))
    return len(stored)


def _grouped(policy: str) -> Callable[[str, RunArgs, Sequence[BriefRow]], Sequence[_Group]]:
    known = {v1_scoring.POLICY: _by_likeness, grouping.POLICY: _by_fit}
    if policy not in known:
        raise NotReproduced(
            f"the groups have the policy {policy!r}, which this Scout does not know."
        )
    return known[policy]


def _by_likeness(run_id: str, _: RunArgs, __: Sequence[BriefRow]) -> Sequence[_Group]:
    return v1.group_candidates(load_candidates(run_id))


def _by_fit(run_id: str, args: RunArgs, stored: Sequence[BriefRow]) -> Sequence[_Group]:
    """Group again, by the vectors and verdicts of then where there were any."""
    meaning = str(formed_by(stored).get("meaning"))
    model = meaning.removeprefix(EMBEDDINGS)
    embed = partial(stored_vectors, model) if model != meaning else None
    fits = fits_of(run_id)
    return group_run(run_id, args, embed, lambda _: fits).groups


def _check(row: BriefRow, group: _Group, rank: int, shortlisted: bool) -> None:
    what = f"the group of rank {row.rank}"
    compare(what, row.group_key, group.key)
    compare(f"the rank of {row.group_key}", row.rank, rank)
    compare(f"the order of {what}", loads(row.repos_json), list(group.full_names))
    compare(f"the components of {what}", loads(row.components_json), dict(group.components))
    compare(f"the score of {what}", row.score, group.score)
    compare(f"what {what} shares", loads(row.shared_keywords_json), list(group.shared_keywords))
    compare(f"whether {what} is shortlisted", row.status not in NOT_PROPOSED, shortlisted)
    if isinstance(group, Group):
        why = loads(row.why_json)
        by_keywords = why["formed"].get("met_by") != RULE
        met = reasons(group.members, group.vectors, by_keywords=by_keywords)
        compare(f"why {what} fits", why["reasons"], [one.to_dict() for one in met])
        compare(f"what links {what}", loads(row.links_json), [one.to_dict() for one in group.links])
