"""One project under several names, from GitHub's redirect to the marks of an earlier run."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from click.testing import Result

from models.dao import AuditDao, RunsDao
from models.events import Event
from tests.support.cli import Scout
from tests.support.counterparts.github import Counterpart

OLD, NEW = "owner-3/vector-3", "elsewhere/fast-vectors"
#: Stands at the same place among the others, so that the same groups are formed.
TRANSFERRED = "owner-3b/vector-3"


def test_a_project_found_under_two_names_is_one_and_both_are_said(
    scout: Scout,
    live: Callable[..., Result],
    github: Counterpart,
    tmp_path: Path,
) -> None:
    github.world.renamed = {OLD: NEW}
    github.world.found_twice = {OLD}
    assert live("--min-score", "0").exit_code == 0
    steps = {step["name"]: step["stats"] for step in scout.json("show", "last")["steps"]}
    assert steps["github_search_pass1"]["found"] == 10
    assert steps["hydrate_repo_metadata"]["hydrated"] == 10
    assert steps["hydrate_readme"]["found"] == 10
    assert steps["llm_repo_analysis"]["valid"] == 10
    assert github.count(f"/repos/{OLD}") == 1  # the README was read under the new name
    for name in (OLD, NEW):
        found = scout.json("show", "last", "--repo", name)
        assert (found["full_name"], found["also_met_as"][0]["full_name"]) == (NEW, OLD)
    assert f"also met as  {OLD}" in scout("show", "last", "--repo", NEW).stdout
    (out,) = (tmp_path / "out").iterdir()
    text = (out / "repositories.md").read_text()
    assert text.count(f"Also met as {OLD}") == 1
    assert f"[{OLD}](" not in text
    run_id = RunsDao.resolve("last").run_id
    told = [row for row in AuditDao.of_run(run_id) if row.event == Event.REPO_RENAMED]
    assert [row.data["alias"] for row in told] == [NEW, OLD]  # by the search, then by GitHub


def test_what_was_decided_under_the_old_name_does_not_return_under_the_new_one(
    scout: Scout,
    live: Callable[..., Result],
    github: Counterpart,
) -> None:
    assert live("--min-score", "0").exit_code == 0
    first = scout.json("show", "last")["run"]["run_id"]
    groups = scout.json("briefs", "list", first)
    marked = [one for one in groups if OLD in one["members"]]
    for one in marked:
        scout("briefs", "mark", first, str(one["rank"]), "declined")
    github.world.renamed = {OLD: TRANSFERRED}
    assert live("--min-score", "0", "--since", first).exit_code == 0
    second = {frozenset(one["members"]): one for one in scout.json("briefs", "list", "last")}
    under_new = [
        frozenset(TRANSFERRED if n == OLD else n for n in one["members"]) for one in marked
    ]
    again = [second[key] for key in under_new if key in second]
    assert again
    assert {(one["status"], one["reason"]) for one in again} == {("kept_out", "marked as declined")}
    assert {one["mark"]["mark"] for one in again} == {"declined"}
    found = json.loads(scout("diff", first, "last", "--json").stdout)["differences"]
    assert [(one["item"], one["a"], one["b"]) for one in found["repositories"]] == [
        (OLD, "pass 1", f"pass 1, as {TRANSFERRED}")
    ]
