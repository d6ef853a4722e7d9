"""Analyses that an earlier run has paid for are taken over: same input, prompt and model."""

from __future__ import annotations

from typing import Any

from models.tables.results import Analysis
from models.text.canonical_json import loads
from tests.support.counterparts.llm import ChatServer, faults
from tests.support.step_fakes import MakeWorld, with_args

BEFORE = ("github_search_pass1", "hydrate_repo_metadata", "hydrate_readme")
STEP = "llm_repo_analysis"


def row(full_name: str) -> Any:
    return Analysis.get(Analysis.full_name == full_name)


def test_the_same_input_is_not_paid_for_again(live: MakeWorld, chat: ChatServer) -> None:
    first = live("RUN1").steps(*BEFORE, STEP)[STEP]
    chat.asked.clear()
    world = live("RUN2")
    stats = world.steps(*BEFORE, STEP)[STEP]
    assert chat.asked == []
    assert (stats["valid"], stats["reused"], stats["reused_from"]) == (5, 5, ["RUN1"])
    assert (stats["usage"]["requests"], stats["prompt_tokens"]) == (0, 0)
    assert first["reused"] == 0
    rows = list(Analysis.select().where(Analysis.full_name == "a/one").order_by(Analysis.run))
    assert rows[0].final_score == rows[1].final_score
    assert rows[0].input_hash == rows[1].input_hash
    assert world.recorder.events("llm.analysis.reused") == [{"count": 5, "runs": ["RUN1"]}]


def test_the_run_that_asked_stays_the_origin(live: MakeWorld) -> None:
    for run_id in ("RUN1", "RUN2", "RUN3"):
        stats = live(run_id).steps(*BEFORE, STEP)[STEP]
    assert stats["reused_from"] == ["RUN1"]


def test_fresh_asks_again(live: MakeWorld, chat: ChatServer) -> None:
    live("RUN1").steps(*BEFORE, STEP)
    stats = live("RUN2", fresh=True).steps(*BEFORE, STEP)[STEP]
    assert (stats["reused"], len(chat.asked)) == (0, 10)


def test_another_readme_or_model_is_another_input(live: MakeWorld, chat: ChatServer) -> None:
    live("RUN1").steps(*BEFORE, STEP)
    world = live("RUN2")
    world.github.readmes = {"a/one": b"# Something else entirely"}
    assert world.steps(*BEFORE, STEP)[STEP]["reused"] == 4
    other = live("RUN3")
    assert other.sources is not None
    other.sources.model.name = "another-model"
    assert other.steps(*BEFORE, STEP)[STEP]["reused"] == 0


def test_only_valid_analyses_are_reused(live: MakeWorld, chat: ChatServer) -> None:
    chat.fail("a/one", *[faults.wrong_schema] * 3)
    live("RUN1").steps(*BEFORE, STEP)
    assert live("RUN2").steps(*BEFORE, STEP)[STEP]["reused"] == 4


def test_what_was_judged_by_half_a_readme_is_asked_again(live: MakeWorld, chat: ChatServer) -> None:
    """The endpoint's context may have been raised; once it was, the whole analysis is reused."""
    chat.fail("b/two", faults.status(400, "Context length exceeded."))
    reused = []
    for run_id in ("RUN1", "RUN2", "RUN3"):
        world = live(run_id)
        world.github.readmes = {"b/two": b"word " * 6_000}
        reused.append(world.steps(*BEFORE, STEP)[STEP]["reused"])
    assert reused == [0, 4, 5]
    assert chat.count()["b/two"] == 2 + 1
    rows = Analysis.select().where(Analysis.full_name == "b/two").order_by(Analysis.run)
    cut_at = [loads(row.output_json).get("readme_cut_at") for row in rows]
    assert cut_at == [12_000, None, None]


def test_it_is_scored_by_what_is_known_today(live: MakeWorld) -> None:
    live("RUN1").steps(*BEFORE, STEP)
    world = live("RUN2")
    world.github.overrides = {"a/one": {"stargazers_count": 90_000}}
    world.steps(*BEFORE, STEP)
    of_one = Analysis.select().where(Analysis.full_name == "a/one")
    rows: list[Any] = list(of_one.order_by(Analysis.run))
    before, after = (loads(row.output_json)["score"] for row in rows)
    assert after["relevance"]["own"] > before["relevance"]["own"]
    assert after["inputs"]["stars"] == 90_000


def test_a_dry_run_never_reuses(live: MakeWorld) -> None:
    live("RUN1").steps(*BEFORE, STEP)
    world = with_args(live("RUN2"), dry=True)
    assert "reused" not in world.steps(*BEFORE, STEP)[STEP]
    assert len({row.input_hash for row in Analysis.select()}) == 5
