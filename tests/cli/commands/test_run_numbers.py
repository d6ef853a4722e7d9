"""One number for one fact, on every screen and in every file of a run that lost a good deal."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from tests.support.cli import Scout
from tests.support.counterparts.github import Counterpart
from tests.support.counterparts.github.faults import GARBAGE, server_error
from tests.support.counterparts.llm import ChatServer
from tests.support.counterparts.llm.faults import status, wrong_schema
from tests.support.live_cli import explained

pytestmark = pytest.mark.usefixtures("quick")


def test_all_that_is_lost_is_counted_alike_everywhere(
    scout: Scout,
    live: Callable[..., Result],
    github: Counterpart,
    chat: ChatServer,
    tmp_path: Path,
) -> None:
    github.world.size, github.incomplete = 20, True
    for number in (3, 4):
        github.always(f"/repos/owner-{number}/vector-{number}/readme", server_error(502))
    github.always("/repos/owner-5/vector-5", GARBAGE)
    for number in (6, 7, 8):
        chat.fail(f"owner-{number}/vector-{number}", *[status(400)] * 9)
    chat.fail("owner-9/vector-9", *[wrong_schema] * 3)
    done = live("--min-score", "1", "--format", "markdown", "--format", "json")
    assert done.exit_code == 0
    expected = {"metadata": 1, "README": 2, "analysis": 4}

    steps = {step["name"]: step["stats"] for step in scout.json("show", "last")["steps"]}
    analyses = steps["llm_repo_analysis"]
    assert steps["github_search_pass1"]["incomplete_results"]
    assert steps["hydrate_repo_metadata"]["failed"] == expected["metadata"]
    assert steps["hydrate_readme"]["failed"] == expected["README"]
    assert analyses["failed"] + analyses["invalid"] == expected["analysis"]

    page = scout("show", "last").stdout
    for note in ("19 repos, 1 failed", "17 READMEs, 2 failed", "1 invalid, 3 failed"):
        assert note in page
        assert note in done.output

    evidence = explained(scout)["evidence"]
    for text in (
        "github_search_pass1: GitHub timed out; more repositories may be there",
        "hydrate_repo_metadata: the metadata of 1 could not be read",
        "hydrate_readme: the README of 2 could not be read",
        "llm_repo_analysis: the model gave no answer about 3",
        "llm_repo_analysis: the model's answers about 1 were not valid and not used",
    ):
        assert text in evidence

    folder = next((tmp_path / "out").glob("run_*"))
    index = (folder / "index.md").read_text(encoding="utf-8")
    results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    told = [failure["what"] for failure in results["failures"]]
    assert {what: told.count(what) for what in expected} == expected
    listed = re.findall(r"^\| \[owner.*\) \| (\w+) \|", index.partition("## What failed")[2], re.M)
    assert sorted(listed) == sorted(told)

    rejected = steps["llm_brief_generate"]["rejected_by_threshold"]
    assert f"{rejected} below --min-score" in page
    assert f"briefs: {rejected} below the threshold, 0 invalid" in evidence
    assert any(f" {rejected} below --min-score 1" in text for text in evidence)
    assert f"And {rejected - 10} more." in index
