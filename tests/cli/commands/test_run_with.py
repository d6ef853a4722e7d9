"""`scout run --with owner/name`: who fits this project?"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from tasks.briefs import partners
from tests.support.cli import Scout
from tests.support.counterparts.github import Counterpart
from tests.support.counterparts.github.faults import Fault
from tests.support.counterparts.llm import ChatServer

OWN = "quiverdb/quiver"
LIVE_OWN = "owner-3/vector-3"


def members(scout: Scout, run: str = "last") -> list[list[str]]:
    return [one["members"] for one in scout.json("briefs", "list", run)]


def args_of(scout: Scout, run: str = "last") -> dict[str, Any]:
    args: dict[str, Any] = scout.json("show", run)["args"]
    return args


class TestDry:
    """On the world that Scout ships."""

    def test_every_group_contains_it_and_a_draft_is_for_the_partner(
        self, scout: Scout, tmp_path: Path
    ) -> None:
        out = tmp_path / "out"
        done = scout("run", "--dry", "--with", OWN, "--out", str(out), "--log-format", "text")
        assert done.exit_code == 0
        said = f'searching for "vector database", from a topic of {OWN} · else: --query'
        assert said in done.stderr
        assert f'"vector database"  with {OWN}' in done.stderr
        args = args_of(scout)
        assert (args["query"], args["with_repo"], args["min_score"]) == (
            "vector database",
            OWN,
            0.5,
        )
        groups = members(scout)
        assert groups
        assert all(OWN in group for group in groups)
        (run,) = out.iterdir()
        assert f"Every group contains [{OWN}]" in (run / "index.md").read_text()
        for draft in (run / "outreach").iterdir():
            to, message = draft.read_text().split("## Subject")
            assert OWN not in to
            assert f"We maintain {OWN}" in message
        for brief in (run / "briefs").iterdir():
            where = brief.read_text().split("## Where to write")[1].split("\n\n")[1]
            assert OWN not in where
            assert where.startswith("- [")
        assert scout("replay", "last").exit_code == 0

    def test_its_competitors_copies_and_siblings_are_not_proposed(self, scout: Scout) -> None:
        scout("run", "--dry", "--with", OWN, "--min-score", "0", "--max-briefs", "1")
        proposed = {name for group in members(scout) for name in group} - {OWN}
        alike = {"lodestone-db/lodestone", "basaltdb/basalt", "mirrorlake/quiver"}
        assert not proposed & alike

    @pytest.mark.parametrize("own", ["mirrorlake/quiver", "tarnhelm/hnsw-viz"])
    def test_it_is_dropped_by_no_rule(self, scout: Scout, own: str) -> None:
        """One is a copy with few stars of another; the model's answer about the other is broken."""
        done = scout("run", "--dry", "--with", own, "--no-llm", "--stars", "900000")
        assert done.exit_code == 0
        found = scout.json("show", "last", "--repo", own)
        assert (found["own"], found["kind"]) == (True, "project")
        steps = {one["name"]: one["stats"] for one in scout.json("show", "last")["steps"]}
        assert steps["github_search_pass1"]["new"] == 0

    def test_a_limit_on_who_is_compared_keeps_it(
        self, scout: Scout, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("MAX_PARTNERS", "MAX_PARTNERS_WITHOUT_NUMPY"):
            monkeypatch.setattr(partners, name, 5)
        own = "awesome-vectors/vector-supercharger"
        query = ("--query", "vector database", "--max-queries", "0", "--min-score", "0")
        scout("run", "--dry", "--with", own, *query)
        assert members(scout)
        assert all(own in group for group in members(scout))

    def test_without_a_model_the_pairs_contain_it(self, scout: Scout, tmp_path: Path) -> None:
        own = "awesome-vectors/vector-supercharger"
        scout("run", "--dry", "--with", own, "--no-llm", "--out", str(tmp_path))
        assert members(scout)
        assert all(own in group for group in members(scout))
        (index,) = tmp_path.glob("run_*/index.md")
        pairs = index.read_text().split("## Worth a look together")[1].split("\n## ")[0]
        assert own in pairs

    def test_a_rerun_and_an_expansion_start_from_it_too(self, scout: Scout) -> None:
        assert scout("run", "--dry", "--with", OWN, "--max-queries", "2").exit_code == 0
        first = members(scout)
        scout("rerun", "last")
        assert members(scout) == first
        assert scout("expand", "last", "--briefs").exit_code == 0
        assert all(OWN in group for group in members(scout))

    def test_a_query_of_ones_own_is_searched_for(self, scout: Scout) -> None:
        done = scout(
            "run", "--dry", "--with", OWN.upper(), "--query", "tracing", "--log-format", "text"
        )
        assert "searching for" not in done.stderr
        assert (args_of(scout)["query"], args_of(scout)["with_repo"]) == ("tracing", OWN)
        assert all(OWN in group for group in members(scout))

    def test_without_a_valid_analysis_the_run_stops_there_and_says_why(self, scout: Scout) -> None:
        done = scout("run", "--dry", "--with", "tarnhelm/hnsw-viz", "--log-format", "text")
        assert done.exit_code == 1
        assert "tarnhelm/hnsw-viz, which this run starts from, has no analysis" in done.stderr
        assert scout.json("explain", "last")["diagnosis"]["code"] == "own_repository_unusable"

    def test_a_plan_counts_it_and_makes_no_run(self, scout: Scout) -> None:
        dry = scout.json("run", "--dry", "--plan", "--with", OWN)
        assert (dry["query"], dry["with"]) == ("vector database", OWN)
        live, without = (
            scout.json("run", "--plan", "--offline", *options)
            for options in (("--with", OWN), ("--query", "vector database"))
        )
        assert (live["query"], live["with"]) == (None, OWN)
        assert live["metadata"]["at_most"] == without["metadata"]["at_most"] + 1
        assert f"with {OWN}  no run" in scout("run", "--plan", "--offline", "--with", OWN).stdout
        assert scout.json("runs") == []

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            ((), "Missing option '--query'"),
            (("--with", "no-name"), "is not the name of a repository"),
            (("--with", "https://gitlab.com/a/b"), "is not the name of a repository"),
            (("--with", "no/such"), "the fixtures have no such repository"),
            (("--with", OWN, "--max-analyses", "1"), "leaves nobody to go with --with"),
        ],
    )
    def test_what_cannot_be_started_from_is_a_usage_error_and_no_run(
        self, scout: Scout, options: tuple[str, ...], words: str
    ) -> None:
        done = scout("run", "--dry", *options)
        assert (done.exit_code, words in done.stderr) == (2, True)
        assert scout.json("runs") == []


class TestLive:
    """Against a GitHub and a model on this machine."""

    def test_a_project_that_no_search_finds_is_read_and_written_for(
        self,
        scout: Scout,
        live: Callable[..., Result],
        github: Counterpart,
        chat: ChatServer,
        tmp_path: Path,
    ) -> None:
        github.world.renamed = {LIVE_OWN: "elsewhere/fast-vectors"}
        github.world.overrides = {
            LIVE_OWN: {"description": "Fast things, nothing else.", "archived": True}
        }
        options = ("--query", "embeddings", "--max-queries", "0", "--min-score", "0")
        done = scout(
            "run", "--with", f"{github.url}/{LIVE_OWN}/issues", *options,
            "--out", str(tmp_path / "out"), "--log-format", "text",
        )  # fmt: skip
        assert done.exit_code == 0, done.stderr
        own = "elsewhere/fast-vectors"
        assert f"{LIVE_OWN} is {own} now" in done.stderr
        assert args_of(scout)["with_repo"] == own
        groups = members(scout)
        assert groups
        assert all(own in group for group in groups)
        told = [json.dumps(one.body) for one in chat.asked]
        asked = [one for one in told if f"{own} is the reader's own project" in one]
        assert len(asked) == sum(one["written"] for one in scout.json("briefs", "list", "last"))
        assert all(f"The projects are {own}, owner-" in one for one in asked)

    @pytest.mark.parametrize(
        ("fault", "status", "words"),
        [
            (Fault(404, body=b'{"message": "Not Found"}'), 2, "GitHub shows no repository"),
            (Fault(401, body=b'{"message": "Bad credentials"}'), 2, "Bad credentials"),
            (Fault(500, body=b"{}"), 3, "HTTP 500"),
        ],
        ids=lambda one: str(getattr(one, "status", "")),
    )
    def test_what_github_does_not_show_is_said_before_there_is_a_run(
        self,
        scout: Scout,
        live: Callable[..., Result],
        github: Counterpart,
        fault: Fault,
        status: int,
        words: str,
    ) -> None:
        github.always(f"/repos/{LIVE_OWN}", fault)
        done = scout("run", "--with", LIVE_OWN)
        assert (done.exit_code, words in done.stderr) == (status, True), done.stderr
        assert scout.json("runs") == []

    def test_a_private_one_is_refused(
        self, scout: Scout, live: Callable[..., Result], github: Counterpart
    ) -> None:
        github.world.overrides = {LIVE_OWN: {"private": True}}
        done = scout("run", "--with", LIVE_OWN)
        assert (done.exit_code, f"{LIVE_OWN} is private" in done.stderr) == (2, True)
