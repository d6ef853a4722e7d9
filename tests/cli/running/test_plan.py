"""`scout run --plan` says what a run would cost, and does nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from models.clock import Clock
from models.database.connection import Database
from models.lifecycle import create_run
from models.settings.github import GitHubSettings
from models.tables.results import Analysis, GithubQuery, LlmUsage, Repo
from models.tables.verdicts import PairVerdict
from tasks.prompts.prompt import load_prompt
from tests.support.cli import SECRET, Scout
from tests.support.loaded import loaded_after
from tests.support.worlds import finish_until

LIVE = ("run", "--query", "vector database", "--plan", "--offline")
NOW = Clock().now_iso()


def planned(scout: Scout, *options: str) -> dict[str, Any]:
    data: dict[str, Any] = scout.json(*LIVE, *options)
    return data


def earlier_run(**args: Any) -> str:
    """Make a successful live run: 120 match, 50 kept, 2 searches in pass 2 brought 8 more."""
    values = {"query": "vector database", "dry": False, "max_queries": 2} | args
    run_id = create_run(values, broker="memory")
    finish_until(run_id)
    common = {"run": run_id, "created_at": NOW}
    for number, position, total in ((1, 1, 120), (2, 1, 9), (2, 2, 9)):
        GithubQuery.create(
            pass_number=number, position=position, query="q", total_count=total, **common
        )
    for index in range(58):
        name = f"o/r{index}"
        Repo.create(
            run=run_id,
            full_name=name,
            found_in_pass=1 if index < 50 else 2,
            status="hydrated",
            updated_at=NOW,
        )
        if index < 40:
            Analysis.create(
                full_name=name,
                status="valid",
                model="m",
                prompt_id="repo_analysis",
                prompt_version=load_prompt("repo_analysis").version,
                input_hash="h",
                scoring_policy="s/1",
                **common,
            )
            LlmUsage.create(
                run=run_id,
                kind="analysis",
                item=name,
                requests=2,
                prompt_tokens=900,
                completion_tokens=100,
                updated_at=NOW,
            )
    return run_id


def describe(count: int, description: str) -> None:
    """Give so many of the analysed repositories that have none yet a description and an input."""
    names = [f"o/r{n}" for n in range(40)]
    bare = Repo.select().where((Repo.description == "") & Repo.full_name.in_(names))
    for repo in list(bare.order_by(Repo.id).limit(count)):
        Repo.update(description=description, stars=500).where(Repo.id == repo.id).execute()
        Analysis.update(input_hash=repo.full_name).where(
            Analysis.full_name == repo.full_name
        ).execute()


@pytest.mark.no_database
def test_nothing_is_created(scout: Scout, tmp_path: Path) -> None:
    result = scout(*LIVE)
    assert result.exit_code == 0
    assert "no run is created" in result.stdout
    assert list(tmp_path.iterdir()) == []


def test_a_database_stays_as_it_is(scout: Scout, database: Database) -> None:
    scout(*LIVE)
    assert database.execute("SELECT count(*) FROM runs").fetchone() == (0,)


def test_the_most_follows_from_the_arguments_and_the_caps(scout: Scout) -> None:
    data = planned(scout, "--top", "250", "--max-queries", "3", "--max-briefs", "4")
    assert data["searches"] == {"expected": 6 + 4, "at_most": 6 + 4}
    assert data["metadata"]["at_most"] == data["readmes"]["at_most"] == 250 + 150
    assert data["core"]["at_most"] == 800 + 4 * 4 * 3
    assert data["analyses"]["at_most"] == 200
    assert data["calls"]["at_most"] == (200 + 4) * 3 + 4 * 2
    # Five pairs are judged in a request, and may be asked for again once.
    assert data["verdicts"] == {"expected": 4, "at_most": 4}
    assert planned(scout, "--max-pairs", "0")["verdicts"]["at_most"] == 0
    assert planned(scout, "--max-analyses", "7")["analyses"]["at_most"] == 7
    assert planned(scout, "--max-queries", "0")["metadata"]["at_most"] == 50


def test_issues_are_searched_for_once_a_brief_unless_it_is_off(scout: Scout) -> None:
    usual, off = planned(scout), planned(scout, "--no-issue-search")
    assert usual["searches"]["at_most"] == off["searches"]["at_most"] + 10
    assert usual["facts"] == {"expected": 10 * 2 * 3, "at_most": 10 * 4 * 3}


def test_what_is_expected_is_never_more_than_the_most(scout: Scout) -> None:
    for options in ((), ("--top", "1"), ("--max-llm-tokens", "10"), ("--max-analyses", "0")):
        data = planned(scout, *options)
        amounts = [value for value in data.values() if isinstance(value, dict)]
        pairs = [one for one in amounts if "at_most" in one]
        assert len(pairs) == 11
        assert all(0 <= one["expected"] <= one["at_most"] for one in pairs), data


def test_a_budget_of_tokens_bounds_them(scout: Scout) -> None:
    assert planned(scout, "--max-llm-tokens", "10000")["tokens"]["at_most"] == 10_000


def test_without_a_token_the_limits_cost_hours(
    scout: Scout, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_token = planned(scout)["minutes"]["at_most"]
    monkeypatch.delenv("GITHUB_TOKEN")
    without = planned(scout)
    assert with_token < 60 < 8 * 60 <= without["minutes"]["at_most"]
    assert "Without GITHUB_TOKEN" in without["notes"][-1]


def test_without_a_model_only_github_costs(scout: Scout) -> None:
    usual, data = planned(scout, "--no-issue-search"), planned(scout, "--no-llm")
    nothing = {"expected": 0, "at_most": 0}
    assert [data[key] for key in ("analyses", "verdicts", "briefs", "calls", "tokens")] == [
        nothing
    ] * 5
    for key in ("searches", "metadata", "readmes"):
        assert data[key] == usual[key]
    assert data["core"]["at_most"] == usual["core"]["at_most"] - usual["facts"]["at_most"]
    assert data["minutes"]["at_most"] <= usual["minutes"]["at_most"]
    assert any("--no-llm asks no model" in note for note in data["notes"])
    screen = scout(*LIVE, "--no-llm").stdout
    assert "READMEs" in screen
    assert "model requests" not in screen
    assert "tokens" not in screen


@pytest.mark.parametrize("option", [("--fresh",), ("--max-llm-tokens", "5")])
def test_without_a_model_nothing_can_be_said_about_it(
    scout: Scout, option: tuple[str, ...]
) -> None:
    result = scout(*LIVE, "--no-llm", *option)
    assert (result.exit_code, f"{option[0]} is about" in result.stderr) == (2, True)


@pytest.mark.usefixtures("database")
class TestHistory:
    """An earlier run that searched for the same tells what to expect."""

    def test_it_says_how_many_there_are(self, scout: Scout) -> None:
        run_id = earlier_run()
        data = planned(scout, "--top", "200", "--max-queries", "5")
        assert data["searches"] == {"expected": 2 + 5 + 10, "at_most": 2 + 5 + 10}
        assert data["metadata"]["expected"] == 120 + 5 * 4
        assert run_id in data["notes"][0]

    def test_stored_analyses_are_not_paid_again_unless_fresh(self, scout: Scout) -> None:
        earlier_run()
        assert planned(scout, "--max-queries", "0")["analyses"]["expected"] == 50 - 40
        fresh = planned(scout, "--max-queries", "0", "--fresh")
        assert fresh["analyses"]["expected"] == 50
        assert fresh["calls"]["expected"] == 50 * 2 + 2 * 10 + 4
        usual = planned(
            scout, "--max-queries", "0", "--fresh", "--max-briefs", "1", "--max-pairs", "0"
        )
        one_brief = usual["tokens"]["expected"] - 50 * 1000
        assert 0 < one_brief < 2 * 5000

    def test_analyses_that_nobody_wants_are_not_offered(self, scout: Scout) -> None:
        earlier_run()
        notes = planned(scout, "--no-llm")["notes"]
        assert not any("may be reused" in note for note in notes)

    def test_a_search_for_something_else_tells_how_much_is_usual(self, scout: Scout) -> None:
        run_id = earlier_run(query="graph database")
        data = planned(scout, "--max-queries", "5")
        assert data["metadata"]["expected"] == 50 + 5 * 4
        assert data["analyses"]["expected"] == 70
        assert run_id in data["notes"][0]

    def test_what_holds_the_words_and_is_analysed_is_not_paid_again(self, scout: Scout) -> None:
        earlier_run(query="graph database")
        describe(12, "A vector database.")
        describe(20, "Vectors, and databases of them.")  # other words
        # 12 are known of about 120 matches: a tenth of what is found, and of what it brings.
        assert planned(scout, "--max-queries", "5")["analyses"]["expected"] == 70 - 7
        assert planned(scout, "--max-queries", "5", "--fresh")["analyses"]["expected"] == 70

    def test_a_run_that_knew_most_tells_how_much_there_is(self, scout: Scout) -> None:
        earlier_run(query="graph database")
        describe(12, "A vector database.")
        LlmUsage.delete().where(LlmUsage.item.in_([f"o/r{n}" for n in range(20)])).execute()
        data = planned(scout, "--max-queries", "0")
        # It had half of its analyses: 12 that are known are half of what there is, too.
        assert data["metadata"]["expected"] == 24
        assert data["analyses"]["expected"] == 12

    def test_pairs_of_two_that_are_known_have_a_verdict_mostly(self, scout: Scout) -> None:
        run_id = earlier_run(query="graph database")
        describe(12, "A vector database.")
        LlmUsage.delete().where(LlmUsage.item.in_([f"o/r{n}" for n in range(20)])).execute()
        PairVerdict.create(
            run=run_id,
            pair_key="o/r1 o/r2",
            status="valid",
            model="m",
            prompt_id="pair_verdict",
            prompt_version=load_prompt("pair_verdict").version,
            input_hash="h",
            created_at=NOW,
        )
        # Half of what it finds is known, so a quarter of its pairs: 15 of 20 are asked about.
        assert planned(scout)["verdicts"]["expected"] == 3
        assert planned(scout, "--fresh")["verdicts"]["expected"] == 4

    def test_something_is_always_new(self, scout: Scout) -> None:
        earlier_run(query="graph database")
        describe(40, "A vector database.")
        GithubQuery.update(total_count=30).execute()
        assert planned(scout, "--max-queries", "0")["analyses"]["expected"] == 4

    def test_one_that_searched_for_the_same_tells_more_than_a_newer_one(self, scout: Scout) -> None:
        run_id = earlier_run()
        earlier_run(query="graph database")
        assert run_id in planned(scout)["notes"][0]

    @pytest.mark.parametrize("args", [{"dry": True}, {"lang": "Rust"}, {"days": 30}])
    def test_other_runs_tell_nothing(self, scout: Scout, args: dict[str, Any]) -> None:
        earlier_run(**args)
        assert "No earlier run" in planned(scout)["notes"][0]


def test_a_dry_run_costs_nothing(scout: Scout) -> None:
    data = planned(scout, "--dry")
    assert {data[key]["at_most"] for key in ("searches", "core", "calls", "minutes")} == {0}
    assert "reads fixtures" in data["notes"][0]


def test_an_argument_out_of_range_is_refused(scout: Scout) -> None:
    assert scout(*LIVE, "--top", "0").exit_code == 2


@pytest.mark.parametrize("option", ["--verify", "--detach"])
def test_options_that_need_a_run_do_not_go_with_it(scout: Scout, option: str) -> None:
    result = scout(*LIVE, option)
    assert (result.exit_code, "--plan does not run" in result.stderr) == (2, True)


def test_the_limits_are_those_that_the_source_keeps() -> None:
    budget = pytest.importorskip("tasks.sources.github.budget")
    from tasks.forecast.forecast import LIMITS

    for token in (SECRET, None):
        source = budget.Budgets(GitHubSettings(token=token), Clock())
        assert source._limits == LIMITS[token is not None]


def test_it_needs_no_http_library() -> None:
    loaded = loaded_after("from cli.main import main; main()", *LIVE, "--json")
    assert not loaded & {"httpx", "openai", "dramatiq"}


def test_the_screen_and_the_json_say_the_same(scout: Scout) -> None:
    data = json.loads(scout(*LIVE, "--json").stdout)
    screen = scout(*LIVE).stdout
    assert f"{data['tokens']['at_most']:,}" in screen
    assert f"{data['core']['at_most']:,}" in screen


@pytest.mark.parametrize("as_json", [(), ("--json",)])
def test_a_query_that_holds_a_secret_is_refused_as_a_run_refuses_it(
    scout: Scout, as_json: tuple[str, ...]
) -> None:
    query = ("--query", f"vector {SECRET}")
    planned, run = (scout("run", "--dry", *query, *more, *as_json) for more in (("--plan",), ()))
    assert (planned.exit_code, run.exit_code) == (2, 2)
    assert "--query holds what looks like a password" in planned.output
