"""Final scores, again: from the inputs that each analysis keeps beside its score."""

from __future__ import annotations

from typing import Any

from models.dao.runs import RunRow
from models.database.upsert import fetch_all
from models.tables.results import Analysis, Repo
from models.text.canonical_json import loads
from tasks.analysis.scoring import POLICY, ScoreInputs, score_repo
from tasks.replay.differences import Difference, compare

_MODEL_SCORES = ("interestingness", "novelty", "collaboration_potential")


def replay_scores(run: RunRow) -> int:
    """Score every valid analysis again; returns how many there are.

    The inputs must also be what the other rows of the run say: the model's answer, and the
    repository.

    Raises:
        Difference: A score, or one of its inputs, is another.
    """
    rows = fetch_all(
        Analysis.select(
            Analysis.full_name,
            Analysis.scoring_policy,
            Analysis.final_score,
            Analysis.interestingness,
            Analysis.novelty,
            Analysis.collaboration_potential,
            Analysis.output_json,
            Repo.stars,
            Repo.payload_json,
        )
        .join(Repo, on=(Repo.run == Analysis.run) & (Repo.full_name == Analysis.full_name))
        .where((Analysis.run == run.run_id) & (Analysis.status == "valid"))
    )
    for name, policy, final, *scores, output, stars, payload in sorted(
        rows, key=lambda row: row[0]
    ):
        compare(f"the policy of {name}'s score", policy, POLICY)
        known = dict(zip(_MODEL_SCORES, scores, strict=True)) | {
            "stars": stars,
            "archived": bool(loads(payload).get("archived")),
        }
        _check(name, final, loads(output), known)
    return len(rows)


def _check(name: str, final: float, output: dict[str, Any], known: dict[str, Any]) -> None:
    stored = output["score"]
    try:
        inputs = ScoreInputs(**stored["inputs"])
    except TypeError as exc:
        raise Difference(f"the inputs of {name}'s score are not those of {POLICY}: {exc}.") from exc
    compare(
        f"what {name}'s score is given as the model's",
        output["scores"],
        {key: stored["inputs"][key] for key in _MODEL_SCORES},
    )
    for key, value in (known | {"has_evidence": bool(output["reasons"])}).items():
        compare(f"the input {key!r} of {name}'s score", stored["inputs"][key], value)
    score = score_repo(inputs)
    for component, value in score.components.items():
        compare(f"{component!r} in {name}'s score", stored["components"].get(component), value)
    compare(f"the score of {name}", final, score.final)
