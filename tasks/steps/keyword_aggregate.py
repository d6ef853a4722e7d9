"""Step 7: weigh the keywords of the best repositories."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from models.dao.keywords import KeywordsDao
from models.database.upsert import upsert
from models.text.canonical_json import dumps
from tasks.landscape.best_repos import TOP_KEYWORDS, TOP_REPOS, scored_repos
from tasks.step import StepContext
from tasks.text.keywords import aggregate


def run(context: StepContext) -> Mapping[str, Any]:
    """Store the keywords that weigh most, rank 1 first, in the place of any earlier ones.

    Without a language model nobody has named keywords yet: the repositories are ranked first.
    """
    ranked: dict[str, Any] = {}
    if context.args.no_llm:
        from tasks.landscape.ranking import rank_repos

        ranked["rankings"] = rank_repos(context, pass_number=1)
    scored = scored_repos(context.run_id, context.args)
    best = scored[:TOP_REPOS]
    found = aggregate(best, context.args.typed.words, sum(len(one.keywords) for one in best))
    keywords = found[:TOP_KEYWORDS]
    rows = [
        {
            "run_id": context.run_id,
            "keyword": one.keyword,
            "weight": one.weight,
            "rank": rank,
            "repos_json": dumps(list(one.repos)),
        }
        for rank, one in enumerate(keywords, start=1)
    ]

    def write() -> None:
        KeywordsDao.delete_of_run(context.run_id)
        upsert("keywords", rows, ("run_id", "keyword"))

    context.record.save(write)
    weights = [[one.keyword, one.weight, list(one.repos)] for one in keywords]
    return (
        ranked
        | _capped(len(scored), len(found))
        | {
            "repos": len(best),
            "keywords": len(keywords),
            "shared": sum(len(one.repos) > 1 for one in keywords),
            "top": [one.keyword for one in keywords[:10]],
            "digest": hashlib.sha256(dumps(weights).encode()).hexdigest(),
        }
    )


def _capped(repos: int, keywords: int) -> dict[str, Any]:
    """Return what was left out of so many repositories and keywords; empty where nothing was."""
    reasons = []
    if repos > TOP_REPOS:
        reasons.append(f"the best {TOP_REPOS} of {repos} repositories have a say in the keywords")
    if keywords > TOP_KEYWORDS:
        reasons.append(f"the heaviest {TOP_KEYWORDS} of {keywords} keywords are kept")
    return {"kept": {"capped": True, "reason": "; ".join(reasons)}} if reasons else {}
