"""The repositories whose keywords are weighed: the best of pass 1."""

from __future__ import annotations

from models.dao.analyses import AnalysesDao
from models.run_args import RunArgs
from models.text.canonical_json import loads
from tasks.analysis.rescoring import score_in_pass1
from tasks.text.keywords import ScoredRepo

#: How many of the best repositories have a say, and how many keywords are kept.
TOP_REPOS = 20
TOP_KEYWORDS = 30


def best_repos(run_id: str, args: RunArgs) -> list[ScoredRepo]:
    """Return the best of pass 1, so that the outcome is the same after pass 2 as before it."""
    return scored_repos(run_id, args)[:TOP_REPOS]


def needs_of_best(run_id: str, args: RunArgs) -> dict[str, list[str]]:
    """Return what each of them needs, by full name; nothing where no model has said so."""
    names = [one.full_name for one in best_repos(run_id, args)]
    best = set(names)
    stored = {
        name: loads(output_json)["signals"]["needs"]
        for _, name, _, output_json in AnalysesDao.valid(run_id)
        if name in best
    }
    return {name: stored[name] for name in names if stored.get(name)}


def scored_repos(run_id: str, args: RunArgs) -> list[ScoredRepo]:
    """Return all of pass 1 that have a score, best first."""
    if args.no_llm:
        from tasks.landscape.ranking import best_ranked

        return best_ranked(run_id)
    scored = []
    for name, score, output_json in AnalysesDao.valid_of_pass(run_id, 1):
        output = loads(output_json)
        first = score_in_pass1(output.get("score", {}).get("relevance"), score)
        scored.append(ScoredRepo(name, first, output["keywords"]))
    # Sorted here because databases differ in how they order names.
    return sorted(scored, key=lambda repo: (-repo.score, repo.full_name))
