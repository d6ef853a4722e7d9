"""Analyses: validated, checked against the README, scored, stored once."""

from __future__ import annotations

import json
from typing import Any

import pytest

from models.errors import PermanentError, TransientError
from models.tables.results import Analysis
from models.text.canonical_json import loads
from tasks.analysis.rows import RAW_MAX_CHARACTERS
from tasks.analysis.scoring import ScoreInputs, score_repo
from tests.support.databases import fetch_all
from tests.support.step_fakes import World, analysis, new_world

BEFORE = ("github_search_pass1", "hydrate_repo_metadata", "hydrate_readme")
STEP = "llm_repo_analysis"


def _own_score(full_name: str) -> float:
    """Return what a repository scores by itself, whatever the query."""
    return float(loads(_row(full_name).output_json)["score"]["relevance"]["own"])


def _row(full_name: str) -> Any:
    return Analysis.get(Analysis.full_name == full_name)


def test_a_valid_analysis_is_stored_with_its_provenance_and_score(world: World) -> None:
    stats = world.steps(*BEFORE, STEP)[STEP]
    assert (stats["analyses"], stats["valid"], stats["invalid"]) == (5, 5, 0)
    assert (stats["prompt_tokens"], stats["completion_tokens"]) == (500, 100)
    row = _row("a/one")
    assert (row.status, row.model, row.prompt_id, row.prompt_version) == (
        "valid",
        "fake-model",
        "repo_analysis",
        "2",
    )
    assert (row.interestingness, row.novelty, row.collaboration_potential) == (0.7, 0.5, 0.8)
    assert (row.error, row.raw_text, row.scoring_policy) == (None, None, "scout-score/2")
    stored = loads(row.output_json)
    assert stored["keywords"] == analysis()["keywords"]
    own = score_repo(ScoreInputs(**stored["score"]["inputs"])).final
    assert own == stored["score"]["relevance"]["own"]


def test_the_model_sees_what_is_stored(world: World) -> None:
    world.github.readmes = {"b/two": None}
    world.steps(*BEFORE, STEP)
    seen = {request.full_name: request for request in world.model.asked}
    assert seen["a/one"].readme == "# a/one\n\nA fast index."
    assert seen["a/one"].topics == ("ann", "index")
    assert (seen["b/two"].readme, seen["b/two"].readme_sha256) == (None, None)


def test_the_input_hash_follows_the_readme_and_nothing_else_of_the_run(world: World) -> None:
    world.steps(*BEFORE, STEP)
    again = new_world("again")
    again.github.results = world.github.results
    again.github.readmes = {"b/two": b"another"}
    again.steps(*BEFORE, STEP)
    columns = (Analysis.run, Analysis.full_name, Analysis.input_hash)
    hashes = {(run, name): sha for run, name, sha in fetch_all(Analysis.select(*columns))}
    assert hashes[(world.run_id, "a/one")] == hashes[("again", "a/one")]
    assert hashes[(world.run_id, "b/two")] != hashes[("again", "b/two")]


def test_invalid_output_is_kept_for_debugging_and_never_accepted(world: World) -> None:
    world.model.texts = {
        "a/one": "I am afraid " + "x" * 20_000,
        "b/two": json.dumps(analysis(scores={"interestingness": 7})),
    }
    stats = world.steps(*BEFORE, STEP)[STEP]
    assert (stats["valid"], stats["invalid"]) == (3, 2)
    row = _row("a/one")
    assert (row.status, row.final_score, row.output_json) == ("invalid", None, None)
    assert len(row.raw_text) == RAW_MAX_CHARACTERS
    assert "$.scores" in _row("b/two").error
    events = world.recorder.events("llm.output.invalid_json")
    assert [data["full_name"] for data in events] == ["a/one", "b/two"]
    world.model.asked.clear()
    assert world.step(STEP) == stats
    assert world.model.asked == []


def test_a_secret_in_an_invalid_answer_is_not_kept(world: World) -> None:
    token = "ghp_" + "Ab3" * 12
    world.model.texts = {"a/one": f"Use {token} please", "b/two": json.dumps({token: 1})}
    world.steps(*BEFORE, STEP)
    for name in ("a/one", "b/two"):
        assert token not in _row(name).raw_text
        assert token not in _row(name).error


def test_evidence_that_is_not_there_is_dropped_and_counted(world: World) -> None:
    true = {"claim": "It is fast.", "evidence": "A fast index."}
    invented = {"claim": "It is famous.", "evidence": "used by everyone"}
    world.model.texts = {
        "a/one": json.dumps(analysis(reasons=[true, invented])),
        "b/two": json.dumps(analysis(reasons=[invented])),
    }
    stats = world.steps(*BEFORE, STEP)[STEP]
    assert (stats["evidence_dropped"], stats["without_evidence"]) == (2, 1)
    assert loads(_row("a/one").output_json)["reasons"] == [true]
    assert (_row("b/two").status, loads(_row("b/two").output_json)["reasons"]) == ("valid", [])
    assert _own_score("a/one") == _own_score("c/three")
    assert _own_score("b/two") == pytest.approx(_own_score("c/three") - 0.05)


def test_a_missing_readme_costs_points(world: World) -> None:
    world.github.readmes = {"a/one": None}
    described = {"claim": "It is.", "evidence": "a/one makes indexes"}
    world.model.texts = {"a/one": json.dumps(analysis(reasons=[described]))}
    world.steps(*BEFORE, STEP)
    assert _own_score("a/one") == pytest.approx(_own_score("b/two") - 0.10)


@pytest.mark.parametrize("error", [TransientError("429."), PermanentError("A broken fixture.")])
def test_an_interrupted_step_pays_for_no_analysis_twice(world: World, error: Exception) -> None:
    undisturbed = new_world("undisturbed")
    undisturbed.github.results = world.github.results
    expected = undisturbed.steps(*BEFORE, STEP)[STEP]

    world.steps(*BEFORE)
    world.model.fail_on = {"c/three": error}
    with pytest.raises(type(error)):
        world.step(STEP)
    world.model.asked.clear()
    assert world.step(STEP) == expected
    assert [request.full_name for request in world.model.asked] == ["c/three", "d/four", "e/five"]
