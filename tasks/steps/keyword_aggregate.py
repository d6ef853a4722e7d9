"""Step 7: weigh the keywords of the best repositories."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from models.database.upsert import fetch_all, upsert
from models.run_args import RunArgs
from models.tables.results import Analysis, Keyword, Repo
from models.text.canonical_json import dumps, loads
from tasks.landscape.ranking import best_ranked, rank_repos
from tasks.step import StepContext
from tasks.text.keywords import ScoredRepo, aggregate

#: How many of the best repositories have a say, and how many keywords are kept.
TOP_REPOS = 20
TOP_KEYWORDS = 30


def run(context: StepContext) -> Mapping[str, Any]:
    """Store the keywords that weigh most, rank 1 first, in the place of any earlier ones.

    Without a language model nobody has named keywords yet: the repositories are ranked first.
    """
    ranked = {"rankings": rank_repos(context, pass_number=1)} if context.args.no_llm else {}
    best = best_repos(context.run_id, context.args)
    keywords = aggregate(best, context.args.typed.words, TOP_KEYWORDS)
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
    with context.record.saving():
        Keyword.delete().where(Keyword.run == context.run_id).execute()
        upsert(Keyword, rows, ("run_id", "keyword"))
    weights = [[one.keyword, one.weight, list(one.repos)] for one in keywords]
    return ranked | {
        "repos": len(best),
        "keywords": len(keywords),
        "shared": sum(len(one.repos) > 1 for one in keywords),
        "top": [one.keyword for one in keywords[:10]],
        "digest": hashlib.sha256(dumps(weights).encode()).hexdigest(),
    }


def best_repos(run_id: str, args: RunArgs) -> list[ScoredRepo]:
    """Return the best of pass 1, so that the outcome is the same after pass 2 as before it."""
    if args.no_llm:
        return best_ranked(run_id, TOP_REPOS)
    rows = fetch_all(
        Analysis.select(Analysis.full_name, Analysis.final_score, Analysis.output_json)
        .join(Repo, on=(Repo.run == Analysis.run) & (Repo.full_name == Analysis.full_name))
        .where((Analysis.run == run_id) & (Analysis.status == "valid") & (Repo.found_in_pass == 1))
    )
    # Sorted here because databases differ in how they order names.
    best = sorted(rows, key=lambda row: (-row[1], row[0]))[:TOP_REPOS]
    return [ScoredRepo(name, score, loads(output)["keywords"]) for name, score, output in best]
