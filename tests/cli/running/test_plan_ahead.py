"""`scout run --plan` asks GitHub how much there is: one request, which leaves nothing behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from models.clock import Clock
from models.database.connection import database
from models.lifecycle import create_run
from models.tables.results import Analysis
from tasks.prompts.prompt import load_prompt
from tests.support.cli import SECRET, Scout
from tests.support.counterparts.github.faults import limited_by_header, refusal
from tests.support.counterparts.github.server import Counterpart
from tests.support.counterparts.github.serving import running_github
from tests.support.counterparts.github.world import World

PLAN = ("run", "--query", "vector database", "--plan")


@pytest.fixture
def github(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counterpart]:
    """Run a GitHub of ten repositories, which the environment names."""
    pytest.importorskip("httpx")
    monkeypatch.setenv("GITHUB_TOKEN", SECRET)
    with running_github(Counterpart(World(10), SECRET)) as server:
        monkeypatch.setenv("SCOUT_GITHUB_URL", server.url)
        yield server


def planned(scout: Scout, *options: str) -> dict[str, Any]:
    data: dict[str, Any] = scout.json(*PLAN, *options)
    return data


def analysed(*names: str) -> None:
    """Make a run that has an analysis of each."""
    run_id = create_run({"query": "graphs", "dry": False}, broker="memory")
    version = load_prompt("repo_analysis").version
    for name in names:
        Analysis.create(
            run=run_id,
            full_name=name,
            status="valid",
            model="m",
            prompt_id="repo_analysis",
            prompt_version=version,
            input_hash="h",
            scoring_policy="s/1",
            created_at=Clock().now_iso(),
        )


@pytest.mark.no_database
def test_it_counts_with_what_github_has_and_leaves_nothing(
    scout: Scout, github: Counterpart, tmp_path: Path
) -> None:
    data = planned(scout)
    assert data["matches"] == data["metadata"]["at_most"] - 200 == 10
    assert data["analyses"]["expected"] == 10 + 50
    assert data["notes"][0] == "GitHub has 10 repositories for this query now."
    (one,) = github.seen
    assert (one.path, one.query["per_page"], one.query["page"]) == (
        "/search/repositories",
        "100",
        "1",
    )
    assert one.query["q"].startswith("vector database in:")
    assert list(tmp_path.iterdir()) == []


def test_it_is_the_page_that_the_run_asks_for(
    scout: Scout, github: Counterpart, tmp_path: Path
) -> None:
    planned(scout)
    run = ("run", *PLAN[1:3], "--no-llm", "--max-queries", "0", "--out", str(tmp_path))
    assert scout(*run).exit_code == 0
    of_plan, of_run = (one for one in github.seen if one.path == "/search/repositories")
    assert of_plan == of_run


def test_what_matches_beyond_top_is_what_pass_2_finds(scout: Scout, github: Counterpart) -> None:
    github.world.size = 60
    data = planned(scout, "--top", "20")
    assert data["metadata"]["expected"] == 20 + 10 * 20 // 10 + 40
    assert "60 repositories for this query now, and a run keeps 20." in data["notes"][0]
    assert planned(scout, "--top", "20", "--max-queries", "0")["metadata"]["expected"] == 20
    github.world.size = 5_000
    assert planned(scout)["metadata"]["expected"] == 50 + 200  # the caps


@pytest.mark.usefixtures("github", "database")
class TestKnown:
    """Of the repositories on the page some have an analysis."""

    def test_they_are_not_paid_again_unless_fresh(self, scout: Scout) -> None:
        analysed("owner-1/vector-1", "owner-2/vector-2", "elsewhere/other")
        data = planned(scout, "--max-queries", "0")
        assert data["analyses"] == {"expected": 8, "at_most": 8}
        assert "; 2 have an analysis already." in data["notes"][0]
        assert planned(scout, "--max-queries", "0", "--fresh")["analyses"]["expected"] == 10

    def test_max_analyses_bounds_them(self, scout: Scout) -> None:
        analysed("owner-1/vector-1")
        data = planned(scout, "--max-analyses", "4")
        assert data["analyses"] == {"expected": 3, "at_most": 3}

    def test_none_is_written(self, scout: Scout) -> None:
        planned(scout)
        for table in ("runs", "http_cache", "github_budgets"):
            assert database().execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)


@pytest.mark.usefixtures("database")
def test_briefs_are_paid_where_all_analyses_are_there(scout: Scout, github: Counterpart) -> None:
    analysed("owner-1/vector-1", "owner-2/vector-2")
    github.world.size = 2
    data = planned(scout, "--max-queries", "0")
    assert (data["analyses"]["at_most"], data["briefs"]["expected"]) == (0, 10)


def test_nothing_that_matches_costs_nothing(scout: Scout, github: Counterpart) -> None:
    github.world.size = 0
    data = planned(scout)
    assert [data[key]["at_most"] for key in ("metadata", "analyses", "calls", "tokens")] == [0] * 4


def test_from_a_repository_the_query_is_made_as_a_run_makes_it(
    scout: Scout, github: Counterpart
) -> None:
    data = scout.json("run", "--plan", "--with", "OWNER-3/vector-3")
    assert data["with"] == "owner-3/vector-3"
    assert data["query"] in github.seen[-1].query["q"]
    assert data["metadata"]["at_most"] == 10 + 1 + 200
    gone = scout("run", "--plan", "--with", "nobody/nothing")
    assert (gone.exit_code, "no repository nobody/nothing" in gone.stderr) == (2, True)


def test_offline_asks_nobody(scout: Scout, github: Counterpart) -> None:
    data = planned(scout, "--offline")
    assert (data["matches"], data["metadata"]["at_most"]) == (None, 250)
    assert "the most that a search keeps, --top 50" in data["notes"][0]
    assert github.seen == []


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (limited_by_header(), "GitHub's limits do not allow page 1 of a search now: HTTP 403."),
        (refusal(401, "Bad credentials"), "Bad credentials. GITHUB_TOKEN is wrong or expired"),
        (refusal(502, "away"), "answered page 1 of a search with HTTP 502"),
    ],
)
def test_without_an_answer_the_plan_says_so_and_goes_on(
    scout: Scout, github: Counterpart, fault: Any, words: str
) -> None:
    github.plan("/search", *[fault] * 9)
    data = planned(scout)
    assert data["notes"][0].startswith("GitHub does not say how many there are: ")
    assert words in data["notes"][0]
    assert "GitHub has not said how much there is" in data["notes"][1]
    assert data["metadata"]["expected"] == 50 + 50
    assert len(github.seen) == 1


def test_a_search_that_github_cut_short_counts_nothing(scout: Scout, github: Counterpart) -> None:
    github.incomplete = True
    assert planned(scout)["matches"] is None


def test_without_the_http_library_it_says_what_to_install(
    scout: Scout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "httpx", None)
    note = planned(scout)["notes"][0]
    assert "the HTTP library httpx, which is not installed" in note
    assert "pip install" in note
