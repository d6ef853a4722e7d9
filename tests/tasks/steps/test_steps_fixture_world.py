"""Steps 1 to 8 on the fixtures that Scout ships."""

from __future__ import annotations

from typing import Any

import pytest

from models.steps import STEP_NAMES
from models.tables.results import Analysis, Ranking, ReadmeRecord, Repo
from models.text.canonical_json import loads
from tasks.sources.choose import sources_for
from tests.support.databases import fetch_all
from tests.support.step_fakes import World, new_world

STEPS = STEP_NAMES[:8]

pytestmark = pytest.mark.usefixtures("database")


def _world(run_id: str, **args: Any) -> World:
    world = new_world(run_id, **args)
    world.sources = sources_for(dry=True, fixtures_dir=None)
    return world


def test_the_shipped_world_goes_through_all_steps_the_same_way_twice() -> None:
    first, second = _world("first"), _world("second")
    stats = first.steps(*STEPS)
    assert second.steps(*STEPS) == stats
    assert second.recorder.audits == first.recorder.audits
    assert stats["github_search_pass1"]["found"] >= 20
    assert stats["github_search_pass2"]["search"]["new"] >= 5
    assert stats["github_search_pass2"]["search"]["overlap"] >= 1
    assert stats["hydrate_readme"]["missing"] >= 1
    assert stats["llm_repo_analysis"]["valid"] >= 20
    assert stats["keyword_aggregate"]["shared"] >= 3


def test_every_step_done_again_changes_nothing_and_asks_nothing_twice() -> None:
    world = _world("run")
    stats = world.steps(*STEPS)
    columns = (Analysis.id, Analysis.created_at, Analysis.final_score, Analysis.output_json)
    rows = fetch_all(Analysis.select(*columns).order_by(Analysis.id))
    assert world.steps(*STEPS) == stats
    assert fetch_all(Analysis.select(*columns).order_by(Analysis.id)) == rows


def test_the_same_holds_without_a_model() -> None:
    """Pass 1, done again after pass 2, compares its own repositories only."""
    world = _world("run", no_llm=True)
    steps = [name for name in STEPS if name != "llm_repo_analysis"]
    columns = (Ranking.full_name, Ranking.score, Ranking.inputs_json, Ranking.components_json)
    stats = world.steps(*steps)
    assert stats["github_search_pass2"]["rankings"]["ranked"] > 0
    rows = sorted(fetch_all(Ranking.select(*columns)))
    assert world.steps(*steps) == stats
    assert sorted(fetch_all(Ranking.select(*columns))) == rows


def test_no_score_is_without_a_valid_analysis_and_every_repository_has_its_record() -> None:
    world = _world("run")
    world.steps(*STEPS)
    hydrated = Repo.select().where(Repo.status == "hydrated").count()
    assert hydrated >= 30
    assert ReadmeRecord.select().count() == Analysis.select().count() == hydrated
    for status, score in fetch_all(Analysis.select(Analysis.status, Analysis.final_score)):
        assert (score is not None) == (status == "valid")


def test_the_shipped_analyses_quote_what_is_really_there() -> None:
    """An invented quote is allowed where the fixture means to show it; most must be real."""
    world = _world("run")
    world.steps(*STEPS)
    outputs = [loads(text) for (text,) in fetch_all(Analysis.select(Analysis.output_json)) if text]
    assert sum(bool(output["reasons"]) for output in outputs) >= 0.9 * len(outputs)


def test_any_query_is_answered() -> None:
    stats = _world("run", query="anything").steps(*STEPS)
    assert stats["github_search_pass1"]["found"] >= 1
