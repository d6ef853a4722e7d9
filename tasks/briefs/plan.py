"""The rows of a run's briefs: planned once, best first, before any model is asked."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from models.jsontext import dumps
from models.provenance import Brief
from models.rows import insert_missing
from tasks.briefs.grouping import Group
from tasks.briefs.scoring import POLICY
from tasks.step import StepContext

#: The best rejected groups are kept, so that a reader sees what was close.
MAX_REJECTED = 20


def plan_briefs(context: StepContext, find_groups: Callable[[], Sequence[Group]]) -> None:
    """Store every shortlisted group and the best rejected ones, unless it was done before.

    Args:
        context: The step that works.
        find_groups: Returns the groups, best first; not called where the rows exist.
    """
    if _rows(context.run_id):
        return
    groups = find_groups()
    shortlisted = [group for group in groups if group.score >= context.args.min_score]
    rejected = [group for group in groups if group.score < context.args.min_score]
    kept = [*shortlisted, *rejected[:MAX_REJECTED]]
    rows = [
        _row(context, group, rank, rank <= len(shortlisted))
        for rank, group in enumerate(kept, start=1)
    ]
    with context.record.saving():
        insert_missing(Brief, rows, ("run_id", "group_key"))
    context.record.audit(
        "brief.ranked",
        f"Ranked {len(groups)} groups of repositories: {len(shortlisted)} shortlisted,"
        f" {len(rejected)} below --min-score {context.args.min_score}.",
        data={
            "groups": len(groups),
            "shortlisted": len(shortlisted),
            "rejected_by_threshold": len(rejected),
            "min_score": context.args.min_score,
            "policy": POLICY,
        },
    )


def to_be_written(context: StepContext) -> list[Brief]:
    """Return the rows that get a text, or have one, or had an invalid one: best first."""
    above = [row for row in _rows(context.run_id) if row.status != "rejected_by_threshold"]
    return above[: context.args.max_briefs]


def brief_stats(context: StepContext) -> dict[str, Any]:
    """Return the step's stats, counted from the rows."""
    rows = _rows(context.run_id)
    status = Counter(row.status for row in rows)
    written = sum(1 for row in rows if row.content_json is not None)
    unwritten = status["shortlisted"] - written
    parts = [(row.group_key, row.status, row.score, row.content_json, row.error) for row in rows]
    stats: dict[str, Any] = {
        "shortlisted": status["shortlisted"],
        "rejected_by_threshold": status["rejected_by_threshold"],
        "invalid": status["invalid"],
        "written": written,
        "policy": POLICY,
        "digest": hashlib.sha256(dumps(parts).encode()).hexdigest(),
        "capped": unwritten > 0,
    }
    if unwritten:
        stats["reason"] = (
            f"--max-briefs {context.args.max_briefs}: {unwritten} shortlisted groups have no text"
        )
    return stats


def _rows(run_id: str) -> list[Brief]:
    return list(Brief.select().where(Brief.run == run_id).order_by(Brief.rank, Brief.group_key))


def _row(context: StepContext, group: Group, rank: int, shortlisted: bool) -> dict[str, Any]:
    return {
        "run_id": context.run_id,
        "group_key": group.key,
        "rank": rank,
        "status": "shortlisted" if shortlisted else "rejected_by_threshold",
        "score": group.score,
        "scoring_policy": POLICY,
        "components_json": dumps(dict(group.components)),
        "repos_json": dumps(list(group.full_names)),
        "shared_keywords_json": dumps(list(group.shared_keywords)),
        "created_at": context.now_iso(),
    }
