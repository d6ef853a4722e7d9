"""Groups, their scores and their ranks, again: from the stored analyses and metadata."""

from __future__ import annotations

from models.dao.runs import RunRow
from models.run_args import RunArgs
from models.statuses import BriefStatus
from models.tables.results import Brief
from models.text.canonical_json import loads
from tasks.briefs.candidates import load_candidates
from tasks.briefs.grouping import Group, group_candidates
from tasks.briefs.plan import NOT_PROPOSED, kept_groups
from tasks.briefs.scoring import POLICY
from tasks.replay.differences import compare


def replay_briefs(run: RunRow) -> int:
    """Group and rank again; returns how many briefs there are, 0 where the run made none.

    Raises:
        Difference: A group, its score, its rank or what its members share is another.
    """
    stored = list(Brief.select().where(Brief.run == run.run_id).order_by(Brief.rank))
    if not stored:
        return 0
    min_score = RunArgs.from_dict(run.args).min_score
    held = {row.group_key.lower() for row in stored if row.status == BriefStatus.KEPT_OUT}
    found = group_candidates(load_candidates(run.run_id))
    groups, shortlisted = kept_groups(found, min_score, held)
    for number, (row, group) in enumerate(zip(stored, groups, strict=False), start=1):
        _check(row, group, number, number <= shortlisted)
    compare("the number of groups", len(stored), len(groups))
    return len(stored)


def _check(row: Brief, group: Group, rank: int, shortlisted: bool) -> None:
    what = f"the group of rank {row.rank}"
    compare(f"the policy of {what}", row.scoring_policy, POLICY)
    compare(what, row.group_key, group.key)
    compare(f"the rank of {row.group_key}", row.rank, rank)
    compare(f"the order of {what}", loads(row.repos_json), list(group.full_names))
    compare(f"the components of {what}", loads(row.components_json), dict(group.components))
    compare(f"the score of {what}", row.score, group.score)
    compare(f"what {what} shares", loads(row.shared_keywords_json), list(group.shared_keywords))
    compare(f"whether {what} is shortlisted", row.status not in NOT_PROPOSED, shortlisted)
