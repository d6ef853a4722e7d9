"""Final scores, again: from the inputs that each analysis keeps beside its score."""

from __future__ import annotations

from models.dao.analyses import AnalysesDao
from models.dao.runs import RunRow
from models.text.canonical_json import loads
from tasks.analysis.scoring import POLICY, RELEVANCE_POLICY, ScoreInputs, score_repo
from tasks.replay.differences import StoredScore, compare, compare_score
from tasks.replay.relevance import check_relevance

_MODEL_SCORES = ("interestingness", "novelty", "collaboration_potential")


def replay_scores(run: RunRow) -> int:
    """Score every valid analysis again; returns how many there are.

    The inputs must also be what the other rows of the run say: the model's answer, and the
    repository.

    Raises:
        NotReproduced: A score, or one of its inputs, is another.
    """
    rows = AnalysesDao.with_inputs(run.run_id)
    for name, policy, final, *scores, output, stars, payload in sorted(
        rows, key=lambda row: row[0]
    ):
        answer = loads(output)
        in_run = answer["score"].get("relevance")
        expected = RELEVANCE_POLICY if in_run else POLICY
        compare(f"the policy of {name}'s score", policy, expected)
        if in_run:
            check_relevance(name, in_run, final)
        inputs, components = answer["score"]["inputs"], answer["score"]["components"]
        compare(
            f"what {name}'s score is given as the model's",
            answer["scores"],
            {key: inputs.get(key) for key in _MODEL_SCORES},
        )
        known = dict(zip(_MODEL_SCORES, scores, strict=True)) | {
            "stars": stars,
            "archived": bool(loads(payload).get("archived")),
            "has_evidence": bool(answer["reasons"]),
        }
        stored = StoredScore(name, policy, in_run["own"] if in_run else final, inputs, components)
        compare_score(stored, known, ScoreInputs, score_repo)
    return len(rows)
