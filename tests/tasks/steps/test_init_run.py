"""init_run, the rate limit snapshot, and prompts."""

from __future__ import annotations

import pytest

from models.errors import InputError, PermanentError
from models.tables.github import GithubRateLimit
from models.tables.runs import RunStep
from tasks.prompts.prompt import load_prompt, prompt_names
from tests.support.step_fakes import RUN_ID, World, new_world


def test_init_run_returns_normalised_arguments_and_the_settings(world: World) -> None:
    world.args = world.args.from_dict(world.args.to_dict() | {"query": "  vector\tdatabase "})
    stats = world.step("init_run")
    assert stats["args"] == world.args.to_dict() | {"query": "vector database"}
    assert stats["settings"]["today"] == "2025-06-01"
    assert stats["settings"]["source"] == "fake"
    assert stats["settings"]["scoring_policy"] == "scout-score/1"
    assert stats["settings"]["prompts"]["repo_analysis"] == "2"
    assert stats["settings"]["caps"]["max_queries"] == 10


@pytest.mark.usefixtures("database")
def test_init_run_refuses_arguments_that_a_newer_cli_let_through() -> None:
    with pytest.raises(InputError, match="--top"):
        new_world(top=0).step("init_run")


def test_the_rate_limit_is_stored_once_per_bucket_and_audited(world: World) -> None:
    first = world.step("github_rate_limit_snapshot")
    assert world.step("github_rate_limit_snapshot") == first
    rows = list(GithubRateLimit.select().order_by(GithubRateLimit.bucket))
    assert [(row.bucket, row.remaining, row.reset_at) for row in rows] == [
        ("core", 4990, "2025-06-01T17:46:40.000000Z"),
        ("search", 29, "2025-06-01T17:47:40.000000Z"),
    ]
    assert world.recorder.messages[0] == "Requests left: core 4,990 of 5,000, search 29 of 30."
    assert world.recorder.events("github.rate_limit_snapshot")[0] == first["buckets"]


def test_a_run_counts_back_from_the_day_on_which_it_began(world: World) -> None:
    """The source says June; the run began in January, and goes on with that."""
    stats = '{"duration_ms":1,"settings":{"today":"2025-01-31"}}'
    RunStep.create(
        step_id="s", run=RUN_ID, name="init_run", position=1, status="success", stats_json=stats
    )
    assert "pushed:>=2024-02-01" in world.step("github_search_pass1")["query"]


def test_prompts_have_headers_and_the_names_of_their_files() -> None:
    assert "repo_analysis" in prompt_names()
    for name in prompt_names():
        prompt = load_prompt(name)
        assert prompt.id == name
        assert prompt.text


@pytest.mark.parametrize("name", ["nothing", "../secret", "__init__"])
def test_an_unknown_prompt_is_named(name: str) -> None:
    with pytest.raises(PermanentError, match="no prompt"):
        load_prompt(name)
