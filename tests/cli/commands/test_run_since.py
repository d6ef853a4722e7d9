"""`scout run --since RUN`: what is new, and what does not return."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from models.database.connection import database
from tests.support.cli import Scout
from tests.support.worlds import new_run

QUERY = ("--dry", "--query", "vector database")


def run_since(scout: Scout, since: str, out: Path, *more: str) -> str:
    run_id: str = scout.json("run", *QUERY, "--since", since, "--out", str(out), *more)["run_id"]
    return run_id


def groups_by_status(scout: Scout, run_id: str) -> Mapping[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for group in scout.json("briefs", "list", run_id):
        kind = "written" if group["written"] else group["status"]
        found.setdefault(kind, []).append(group)
    return found


def text_of(out: Path, run_id: str) -> str:
    """Return the index of a run's export in Markdown."""
    return (out / f"run_{run_id}" / "index.md").read_text()


def members(groups: list[dict[str, Any]]) -> list[list[str]]:
    return [group["members"] for group in groups]


def proposed(found: Mapping[str, list[dict[str, Any]]]) -> list[list[str]]:
    """Return the groups that scored enough and are not kept out, best first."""
    kinds = ("written", "shortlisted", "invalid")
    groups = [group for kind in kinds for group in found.get(kind, [])]
    return members(sorted(groups, key=lambda group: group["rank"]))


def test_what_was_proposed_does_not_return_and_the_reason_is_on_record(
    scout: Scout, parent: str, tmp_path: Path
) -> None:
    before = groups_by_status(scout, parent)
    run_id = run_since(scout, parent[:14], tmp_path)
    after = groups_by_status(scout, run_id)
    assert scout.json("show", run_id)["args"]["since"] == parent
    assert members(after["kept_out"]) == members(before["written"])
    assert {group["reason"] for group in after["kept_out"]} == {f"proposed in run {parent}"}
    # What had no text moves up; of these, others are now among those that a model judges.
    assert sorted(proposed(after)) == sorted(
        one for one in proposed(before) if one not in members(before["written"])
    )

    text = (tmp_path / f"run_{run_id}" / "index.md").read_text()
    section = text.split(f"## New since {parent}")[1].split("\n## ")[0]
    assert "did not have 0 of the repositories and 0 of the groups" in section
    assert section.count(f"proposed in run {parent}") == len(before["written"])
    assert scout("replay", run_id).exit_code == 0


def test_marks_decide_and_what_is_for_later_returns(
    scout: Scout, parent: str, tmp_path: Path
) -> None:
    before = groups_by_status(scout, parent)
    low = before["rejected_by_threshold"][0]
    first, second = before["written"][:2]
    scout("briefs", "mark", parent, str(first["rank"]), "later")
    scout("briefs", "mark", parent, str(second["rank"]), "sent")
    scout("briefs", "mark", parent, str(low["rank"]), "declined")
    after = groups_by_status(scout, run_since(scout, parent, tmp_path))
    assert first["members"] in members(after["written"])
    reasons = {tuple(group["members"]): group["reason"] for group in after["kept_out"]}
    assert reasons[tuple(second["members"])] == "marked as sent"
    assert reasons[tuple(low["members"])] == "marked as declined"


def test_the_runs_before_count_whichever_way_a_run_goes_on(
    scout: Scout, parent: str, tmp_path: Path
) -> None:
    proposed = members(groups_by_status(scout, parent)["written"])
    second = run_since(scout, parent, tmp_path)
    exported = scout.json("briefs", "export", second, "--out", str(tmp_path))["run_id"]
    third = groups_by_status(scout, run_since(scout, exported, tmp_path))
    assert [one for one in proposed if one in members(third["kept_out"])] == proposed


def test_repositories_and_groups_that_were_not_there_are_new(scout: Scout, tmp_path: Path) -> None:
    first = scout.json("run", *QUERY, "--top", "8", "--max-queries", "0", "--out", str(tmp_path))
    run_id = run_since(scout, first["run_id"], tmp_path, "--top", "12", "--max-queries", "0")
    text = (tmp_path / f"run_{run_id}" / "index.md").read_text()
    section = text.split("## New since ")[1].split("\n## ")[0]
    assert "did not have 4 of the repositories" in section
    assert section.split("### New repositories")[1].split("###")[0].count("](https://") == 4


def test_twice_is_the_same_and_a_landscape_says_what_is_new_as_well(
    scout: Scout, parent: str, tmp_path: Path
) -> None:
    verified = scout("run", *QUERY, "--since", "last", "--verify", "--out", str(tmp_path))
    assert (verified.exit_code, "identical" in verified.stdout) == (0, True)
    run_id = run_since(scout, parent, tmp_path, "--no-llm")
    assert f"## New since {parent}" in (tmp_path / f"run_{run_id}" / "index.md").read_text()


def test_a_landscape_shows_marks_and_what_one_before_it_listed_does_not_return(
    scout: Scout, tmp_path: Path
) -> None:
    small = ("--no-llm", "--max-queries", "0")
    first = scout.json("run", *QUERY, *small, "--out", str(tmp_path))["run_id"]
    ranked = scout.json("briefs", "list", first)
    listed, others = members(ranked[:20]), members(ranked[20:])
    assert others, "there is more than one landscape lists"
    scout("briefs", "mark", first, "1", "later")
    scout("briefs", "mark", first, "2", "sent", "--note", "to Ada")
    exported = scout.json("briefs", "export", first, "--out", str(tmp_path))["run_id"]
    section = text_of(tmp_path, exported).split("### Marked")[1].split("\n## ")[0]
    assert "| later |" in section
    assert "| sent | to Ada |" in section

    second = run_since(scout, first, tmp_path, *small)
    kept_out = {
        tuple(one["members"]): one["reason"]
        for one in scout.json("briefs", "list", second)
        if one["status"] == "kept_out"
    }
    reasons = {f"proposed in run {first}", "marked as sent"}
    assert {*map(tuple, listed[1:])} == {*kept_out}
    assert {*kept_out.values()} == reasons
    text = text_of(tmp_path, second)
    pairs = text.split("## Worth a look together")[1].split("\n###")[0]
    named = [re.findall(r"\[([\w./-]+)\]\(https", line) for line in pairs.split("\n")]
    proposed_again = [one for one in named if one]
    assert listed[0] in proposed_again
    assert others[0] in proposed_again
    assert not [one for one in proposed_again if one in listed[1:]]
    section = text.split(f"## New since {first}")[1].split("\n## ")[0]
    assert section.split("### Kept out")[1].count("marked as sent") == 1
    assert scout("replay", second).exit_code == 0


def test_rerun_keeps_it_and_a_run_without_it_keeps_nothing_out(
    scout: Scout, parent: str, tmp_path: Path
) -> None:
    scout("briefs", "mark", parent, "1", "declined")
    run_id = run_since(scout, parent, tmp_path)
    again = scout.json("rerun", run_id)["run_id"]
    assert scout("diff", run_id, again).exit_code == 0
    plain = scout.json("run", *QUERY, "--out", str(tmp_path))["run_id"]
    assert "kept_out" not in groups_by_status(scout, plain)


@pytest.mark.parametrize("text", ["01JNOSUCHRUN", "nothing at all"])
def test_an_unknown_run_is_refused_and_none_is_made(scout: Scout, parent: str, text: str) -> None:
    result = scout("run", *QUERY, "--since", text, "--json")
    assert result.exit_code == 2
    assert "scout runs" in json.loads(result.stderr)["error"]["hint"]
    assert database().execute("SELECT count(*) FROM runs").fetchone() == (1,)


def test_a_run_that_is_still_going_on_is_refused(scout: Scout, parent: str) -> None:
    going_on = new_run()
    result = scout("run", *QUERY, "--since", going_on)
    assert (result.exit_code, "is still queued" in result.stderr) == (2, True)
