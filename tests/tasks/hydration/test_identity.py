"""One project is one row, under however many names a run meets it."""

from __future__ import annotations

from typing import Any

import pytest

from models.database.connection import Database
from models.errors import ItemFailedError, TransientError
from models.statuses import RepoStatus
from models.tables.results import GithubQuery, ReadmeRecord, Repo, RepoQuery
from models.text.canonical_json import loads
from tests.support.databases import fetch_all
from tests.support.step_fakes import NAMES, World, new_world, payload

SEARCH, METADATA, README = "github_search_pass1", "hydrate_repo_metadata", "hydrate_readme"
PASS2 = "github_search_pass2"


def names() -> list[str]:
    return [name for (name,) in fetch_all(Repo.select(Repo.full_name).order_by(Repo.id))]


def links() -> list[tuple[str, int]]:
    return fetch_all(RepoQuery.select(RepoQuery.full_name, RepoQuery.rank).order_by(RepoQuery.rank))


def also_met_as(full_name: str) -> dict[str, str]:
    stored = Repo.get(Repo.full_name == full_name).aliases_json
    return {one["full_name"]: one["evidence"] for one in loads(stored or "[]")}


def renamed(old: str, new: str) -> dict[str, Any]:
    """Return what GitHub answers for an old name: the object of the new one, after a redirect."""
    return {old: payload(new)}


def test_a_renamed_repository_goes_by_the_name_that_github_gives_it(world: World) -> None:
    world.step(SEARCH)
    world.github.overrides = renamed("b/two", "new/name")
    stats = world.step(METADATA)
    assert stats == {"repos": 5, "hydrated": 5, "gone": 0, "failed": 0, "other_names": 1}
    assert names() == ["a/one", "new/name", *NAMES[2:]]
    assert links()[1] == ("new/name", 2)
    (evidence,) = also_met_as("new/name").values()
    assert "GET /repos/b/two answered with new/name, which has GitHub's id" in evidence
    (data,) = world.recorder.events("repo.renamed")
    assert (data["full_name"], data["alias"], data["folded"]) == ("new/name", "b/two", False)
    assert data["evidence"] == evidence
    world.step(README)
    assert ("readme", "new/name") in world.github.calls
    assert ("readme", "b/two") not in world.github.calls


def test_another_case_is_the_same_name_and_becomes_githubs(world: World) -> None:
    world.step(SEARCH)
    world.github.overrides = {"b/two": payload("b/two") | {"full_name": "B/Two"}}
    assert "other_names" not in world.step(METADATA)
    assert names()[1] == "B/Two"
    assert links()[1] == ("B/Two", 2)
    assert not world.recorder.events("repo.renamed")


@pytest.mark.parametrize(("old", "new"), [("b/two", "d/four"), ("d/four", "b/two")])
def test_two_rows_of_one_repository_become_one_whichever_is_read_first(
    world: World, old: str, new: str
) -> None:
    world.step(SEARCH)
    world.github.overrides = renamed(old, new)
    stats = world.step(METADATA)
    assert stats == {"repos": 4, "hydrated": 4, "gone": 0, "failed": 0, "other_names": 1}
    assert names() == ["a/one", new, "c/three", "e/five"]
    # The better of the two ranks is kept.
    assert links() == [("a/one", 1), (new, 2), ("c/three", 3), ("e/five", 5)]
    assert list(also_met_as(new)) == [old]
    (data,) = world.recorder.events("repo.renamed")
    assert data["folded"] is True
    assert GithubQuery.get().new_repos == 4
    assert world.step(README)["found"] == 4
    assert [name for (name,) in fetch_all(ReadmeRecord.select(ReadmeRecord.full_name))].count(
        new
    ) == 1


def test_who_cannot_be_read_under_one_name_and_was_under_another_is_not_lost(
    sqlite_database: Database,
) -> None:
    world = new_world("RUN1", dry=False, query="vector database")
    world.github.results = {"vector database": NAMES}
    world.step(SEARCH)
    world.github.overrides = renamed("b/two", "d/four")
    world.github.fail_on = {("repository", "d/four"): ItemFailedError("HTTP 403")}
    stats = world.step(METADATA)
    assert (stats["hydrated"], stats["failed"]) == (4, 0)
    assert Repo.get(Repo.full_name == "d/four").status == RepoStatus.HYDRATED
    assert not world.recorder.events("repo.hydrate.failed")


def test_a_step_that_died_at_any_request_ends_with_the_same_rows(world: World) -> None:
    """Every answer is stored by itself here, so that each death leaves another state."""
    world.step(SEARCH)
    world.github.overrides = renamed("b/two", "d/four") | renamed("e/five", "d/four")
    for name in NAMES:
        world.github.fail_on = {("repository", name): TransientError("away")}
        try:
            world.step(METADATA)
        except TransientError:
            assert len(names()) >= 3
    world.github.fail_on = {}
    stats = world.step(METADATA)
    assert (stats["repos"], stats["hydrated"], stats["other_names"]) == (3, 3, 2)
    assert names() == ["a/one", "d/four", "c/three"]
    assert sorted(also_met_as("d/four")) == ["b/two", "e/five"]
    assert len(world.recorder.events("repo.renamed")) == 2


def test_a_search_that_has_one_id_under_two_names_stores_one(world: World) -> None:
    world.github.overrides = {"d/four": {"id": payload("b/two")["id"]}}
    stats = world.step(SEARCH)
    assert (stats["found"], stats["new"]) == (4, 4)
    assert names() == ["a/one", "b/two", "c/three", "e/five"]
    assert list(also_met_as("b/two")) == ["d/four"]
    world.github.overrides = renamed("b/two", "d/four")  # of the two names, this is the new one
    assert world.step(METADATA)["other_names"] == 1
    assert names() == ["a/one", "d/four", "c/three", "e/five"]
    assert list(also_met_as("d/four")) == ["b/two"]


def test_pass_2_knows_what_pass_1_met_under_another_name(world: World) -> None:
    world.github.overrides = renamed("b/two", "new/name") | {"old/name": {"id": 77}}
    world.github.overrides["f/six"] = {"id": 77}
    world.steps(SEARCH, METADATA, README, "llm_repo_analysis", "keyword_aggregate")
    world.github.results = {"embeddings": ["new/name", "b/two", "f/six", "old/name"]}
    stats = world.step(PASS2)
    assert names() == ["a/one", "new/name", *NAMES[2:], "f/six"]
    assert (stats["search"]["new"], stats["search"]["overlap"]) == (1, 1)
    assert stats["metadata"]["repos"] == 1
    assert list(also_met_as("f/six")) == ["old/name"]


def test_pass_2_folds_what_it_finds_under_a_name_that_leads_to_pass_1(world: World) -> None:
    world.steps(SEARCH, METADATA, README, "llm_repo_analysis", "keyword_aggregate")
    world.github.results = {"embeddings": ["f/six", "g/seven"]}
    read = world.github.repository

    def redirect(full_name: str) -> Any:
        return payload("a/one") if full_name == "f/six" else read(full_name)

    world.github.repository = redirect  # type: ignore[method-assign]
    stats = world.step(PASS2)
    assert names() == [*NAMES, "g/seven"]
    assert (stats["search"]["found"], stats["search"]["new"], stats["search"]["overlap"]) == (
        2,
        1,
        1,
    )
    assert Repo.get(Repo.full_name == "a/one").found_in_pass == 1
    assert list(also_met_as("a/one")) == ["f/six"]
