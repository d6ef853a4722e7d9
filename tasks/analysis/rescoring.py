"""The final scores of all that a run has judged so far: how much each is about the query.

A score is a rank among the others, so it is known once a pass is in: the second pass gives new
scores to the first one's repositories, too. What these had before stays beside it, since pass 2's
keywords were chosen by it. Until a pass is in, a row has the score of the older policy.

Pass 1 compares its own repositories only, so that it comes to the same when it is done again after
pass 2, which then gives all the scores that they had.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.dao.analyses import AnalysesDao
from models.dao.rankings import RankingsDao
from models.dao.repos import ReposDao
from models.database.upsert import update_each
from models.text.canonical_json import dumps, loads
from tasks.analysis.relevance import Relevance, relevance, texts_to_embed
from tasks.analysis.scoring import RELEVANCE_POLICY
from tasks.embeddings.store import vectors_for
from tasks.kinds.loading import load_judged
from tasks.kinds.marking import is_left_out
from tasks.step import StepContext


def rescore_analyses(context: StepContext, pass_number: int) -> None:
    """Give every valid analysis up to a pass its score under `RELEVANCE_POLICY`."""
    found = _relevances(context, pass_number)

    def write() -> None:
        rows = []
        for number, name, final, output_json in AnalysesDao.valid(context.run_id):
            if name not in found:  # of a later pass, or its metadata could not be read again
                continue
            output, one = loads(output_json), found[name]
            score = output["score"]
            score["relevance"] = _stored(one, score.get("relevance"), final, pass_number)
            rows.append(
                {
                    "id": number,
                    "final_score": one.score,
                    "scoring_policy": RELEVANCE_POLICY,
                    "output_json": dumps(output),
                }
            )
        update_each("analyses", rows, ("id",))

    context.record.save(write)


def rescore_rankings(context: StepContext, pass_number: int, policy: str) -> None:
    """Do the same for the rankings of a run without a language model, under their own policy."""
    found = _relevances(context, pass_number)

    def write() -> None:
        rows = []
        for row in RankingsDao.of_run(context.run_id):
            if row.full_name not in found:
                continue
            inputs, one = loads(row.inputs_json), found[row.full_name]
            before = inputs.get("in_run")
            own = before["own_components"] if before else loads(row.components_json)
            inputs["in_run"] = _stored(one, before, row.score, pass_number) | {
                "own_components": own
            }
            rows.append(
                {
                    "id": row.id,
                    "score": one.score,
                    "scoring_policy": policy,
                    "inputs_json": dumps(inputs),
                    "components_json": dumps(one.components),
                }
            )
        update_each("rankings", rows, ("id",))

    context.record.save(write)


def score_in_pass1(in_run: Mapping[str, Any] | None, score: float) -> float:
    """Return the score by which a repository had a say in pass 2's keywords.

    Args:
        in_run: What is stored of its relevance, if anything.
        score: Its score now.
    """
    first = (in_run or {}).get("in_pass1")
    return score if first is None else float(first)


def _relevances(context: StepContext, pass_number: int) -> Mapping[str, Relevance]:
    found = ReposDao.passes(context.run_id)
    names = {name for name, number, _ in found if number <= pass_number}
    projects = [one for one in load_judged(context.run_id) if one.full_name in names]
    query = context.args.typed.words
    left_out = {one.full_name for one in projects if is_left_out(one.kind, context.args)}
    vectors = vectors_for(context, texts_to_embed(projects, query)) if projects else None
    return relevance(projects, query, vectors, frozenset(left_out))


def _stored(
    one: Relevance, before: Mapping[str, Any] | None, score: float, pass_number: int
) -> dict[str, Any]:
    """Return what is kept: the ranks, and what the repository scored by itself and in pass 1."""
    earlier = before or {"own": score, "in_pass1": None}
    first = one.score if pass_number == 1 else earlier["in_pass1"]
    return one.to_dict() | {"own": earlier["own"], "in_pass1": first}
