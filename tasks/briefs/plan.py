"""The rows of a run's briefs: planned once, best first, before any model is asked."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import Any

from models.dao.briefs import BriefRow, BriefsDao
from models.database.upsert import insert_missing
from models.events import Event
from models.statuses import BriefStatus
from models.text.canonical_json import dumps, loads
from tasks.briefs import why
from tasks.briefs.grouping import POLICY, Group
from tasks.briefs.held_back import held_back
from tasks.briefs.judge import PairJudge
from tasks.briefs.partners import EMBEDDINGS, WORDS, group_run
from tasks.embeddings.store import embedding_usage, vectors_for
from tasks.llm.usage import TokenBudget, spent_on, usage_stats
from tasks.step import StepContext

#: The best rejected groups are kept, so that a reader sees what was close.
MAX_REJECTED = 20
#: How many groups scored too little: of those beyond `MAX_REJECTED` there is no row, so it is
#: noted with how groups were formed.
_REJECTED = str(BriefStatus.REJECTED_BY_THRESHOLD)
#: Groups with a row that are not proposed.
NOT_PROPOSED = frozenset({BriefStatus.REJECTED_BY_THRESHOLD, BriefStatus.KEPT_OUT})


def plan_briefs(context: StepContext) -> None:
    """Group what a run has, and store every shortlisted group and the best rejected ones.

    What an earlier attempt planned stays as it is.
    """
    if BriefsDao.any_of_run(context.run_id):
        return
    held = held_back(context.run_id, context.args)
    judge = PairJudge(context, held)
    embed = partial(vectors_for, context) if context.sources.embedder else None
    grouping = group_run(context.run_id, context.args, embed, judge)
    groups = grouping.groups
    formed = grouping.stats(_meaning(context) if grouping.by_meaning else WORDS)
    formed["judge"] = judge.stats()
    kept, shortlisted = kept_groups(groups, context.args.min_score, held)
    kept_out = sum(group.key.lower() in held for group in groups)
    rejected = len(groups) - len(shortlisted) - kept_out
    formed |= {_REJECTED: rejected, "met_by": why.RULE}
    rows = [
        _row(context, group, rank, group.key in shortlisted, formed)
        | _kept_out(held.get(group.key.lower()))
        for rank, group in enumerate(kept, start=1)
    ]
    context.record.save(lambda: insert_missing("briefs", rows, ("run_id", "group_key")))
    context.record.audit(
        Event.BRIEF_RANKED,
        f"Ranked {len(groups)} groups of repositories: {len(shortlisted)} shortlisted,"
        f" {rejected} below --min-score {context.args.min_score}"
        + (f", {kept_out} proposed or decided about before." if kept_out else "."),
        data={
            "groups": len(groups),
            "shortlisted": len(shortlisted),
            "min_score": context.args.min_score,
            "policy": POLICY,
        }
        | formed
        | ({"kept_out": kept_out} if context.args.since else {}),
    )


def kept_groups(
    groups: Sequence[Group], min_score: float, held: Collection[str] = ()
) -> tuple[list[Group], frozenset[str]]:
    """Return the groups that get a row, in the order of their rank, and which are shortlisted.

    Those that are linked already are no news, and stand behind all that are not.

    Args:
        groups: All groups, in their order.
        min_score: What a shortlisted one must score.
        held: The keys, in lower case, of those that do not return; they come last.
    """
    free = [group for group in groups if group.key.lower() not in held]
    # Groups of scout-brief/1 know of no links.
    linked = [group for group in free if getattr(group, "links", ())]
    fresh = [group for group in free if not getattr(group, "links", ())]
    above = [group for group in fresh if group.score >= min_score]
    below = [group for group in fresh if group.score < min_score]
    kept_out = [group for group in groups if group.key.lower() in held]
    shortlisted = frozenset(group.key for group in free if group.score >= min_score)
    return [*above, *below[:MAX_REJECTED], *linked, *kept_out], shortlisted


def to_be_written(context: StepContext) -> list[BriefRow]:
    """Return the rows that get a text, or have one, or had an invalid one: best first."""
    return _to_be_written(context, BriefsDao.rows(context.run_id))


def _to_be_written(context: StepContext, rows: Sequence[BriefRow]) -> list[BriefRow]:
    above = [row for row in rows if row.status not in NOT_PROPOSED]
    return above[: context.args.max_briefs]


def reopen(context: StepContext, rows: Sequence[BriefRow]) -> None:
    """Have this and each later attempt ask again for texts that were refused.

    All are stored as `failed` at once: an attempt that is interrupted writes some, and the others
    would be few enough to stay refused.
    """
    error = "Its text was not valid; it is to be asked for again."
    ids = [row.id for row in rows]
    context.record.save(lambda: BriefsDao.turn_into_failed(ids, error))


def brief_stats(context: StepContext, budget: TokenBudget) -> dict[str, Any]:
    """Return the step's stats, counted from the rows.

    Args:
        context: The step that worked.
        budget: What it was allowed to spend.
    """
    rows = BriefsDao.rows(context.run_id)
    status = Counter(row.status for row in rows)
    written = sum(1 for row in rows if row.content_json is not None)
    parts = [(row.group_key, row.status, row.score, row.content_json, row.error) for row in rows]
    reasons = _reasons(context, rows, budget, status[BriefStatus.SHORTLISTED] - written)
    stats: dict[str, Any] = {
        "shortlisted": status[BriefStatus.SHORTLISTED],
        _REJECTED: status[BriefStatus.REJECTED_BY_THRESHOLD],
        "invalid": status[BriefStatus.INVALID],
        "written": written,
        "composed": sum(1 for row in rows if row.content_json is not None and row.error),
        "policy": POLICY,
        "digest": hashlib.sha256(dumps(parts).encode()).hexdigest(),
        "capped": bool(reasons),
    } | formed_by(rows)
    if context.args.since:
        stats["kept_out"] = status[BriefStatus.KEPT_OUT]
    if reasons:
        stats["reason"] = "; ".join(reasons)
    if not context.args.dry:
        stats["failed"] = status[BriefStatus.FAILED]
        stats["usage"] = usage_stats(spent_on(context.run_id, "brief"))
        stats |= embedding_usage(context)
    return stats


def _reasons(
    context: StepContext, rows: Sequence[BriefRow], budget: TokenBudget, unwritten: int
) -> list[str]:
    """Return why shortlisted groups have no text; what the budget did is audited, too."""
    wanted = _to_be_written(context, rows)
    chosen = [row for row in wanted if row.status == BriefStatus.SHORTLISTED]
    cut_off = sum(1 for row in chosen if row.content_json is None) if budget.is_exhausted else 0
    reasons = []
    if beyond := unwritten - cut_off:
        limit = context.args.max_briefs
        reasons.append(f"--max-briefs {limit}: {beyond} shortlisted groups have no text")
    if cut_off:
        reason = budget.reason(f"{cut_off} shortlisted groups have no text")
        reasons.append(reason)
        context.record.audit(
            Event.LLM_BUDGET_EXHAUSTED,
            f"The run's budget is used up: {reason}.",
            data={"capped": True, "reason": reason},
        )
    return reasons


def _kept_out(reason: str | None) -> dict[str, Any]:
    """Return what a row says of a group that does not return; every row names the same columns."""
    return {"error": None} if reason is None else {"status": BriefStatus.KEPT_OUT, "error": reason}


def _meaning(context: StepContext) -> str:
    """Return what names the embeddings that groups were formed by."""
    embedder = context.sources.embedder
    return f"{EMBEDDINGS}{embedder.name}" if embedder else WORDS


def planned_stats(context: StepContext) -> dict[str, Any]:
    """Return how many groups a run without a language model has, how they were formed, a digest."""
    rows = BriefsDao.rows(context.run_id)
    status = Counter(row.status for row in rows)
    parts = [(row.group_key, row.status, row.score) for row in rows]
    return {
        "shortlisted": status["shortlisted"],
        _REJECTED: status[BriefStatus.REJECTED_BY_THRESHOLD],
        "policy": POLICY,
        "digest": hashlib.sha256(dumps(parts).encode()).hexdigest(),
    } | formed_by(rows)


def formed_by(rows: Sequence[BriefRow]) -> dict[str, Any]:
    """Return how groups were formed, as every row has it; nothing for those of `scout-brief/1`."""
    stored = loads(rows[0].why_json) if rows else None
    return dict(stored["formed"]) if stored else {}


def _row(
    context: StepContext, group: Group, rank: int, shortlisted: bool, formed: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "run_id": context.run_id,
        "group_key": group.key,
        "rank": rank,
        "status": BriefStatus.SHORTLISTED if shortlisted else BriefStatus.REJECTED_BY_THRESHOLD,
        "score": group.score,
        "scoring_policy": POLICY,
        "components_json": dumps(dict(group.components)),
        "repos_json": dumps(list(group.full_names)),
        "shared_keywords_json": dumps(list(group.shared_keywords)),
        "why_json": dumps({"formed": formed, "reasons": [one.to_dict() for one in group.why]}),
        "links_json": dumps([link.to_dict() for link in group.links]),
        "created_at": context.now_iso(),
    }
