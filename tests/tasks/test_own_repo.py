"""The repository that a run starts from: there from the first step on, or the run stops."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from models.codes import Code
from models.dao.repos import ReposDao
from models.errors import PermanentError, TransientError
from models.tables.results import Analysis, ReadmeRecord, Repo
from models.text.canonical_json import loads
from tests.support.databases import fetch_all
from tests.support.step_fakes import World, payload

OWN = "o/own"
PASS1 = ("github_search_pass1", "hydrate_repo_metadata", "hydrate_readme", "llm_repo_analysis")


@pytest.fixture
def own_world(world: World) -> World:
    """A run that starts from a repository that its search does not find."""
    world.args = replace(world.args, with_repo=OWN)
    return world


def test_it_is_stored_before_all_others_and_read_like_them(own_world: World) -> None:
    stats = own_world.steps(*PASS1)
    assert stats["github_search_pass1"]["found"] == stats["github_search_pass1"]["new"] == 5
    assert stats["hydrate_repo_metadata"]["hydrated"] == 6
    assert fetch_all(Repo.select(Repo.full_name).order_by(Repo.id))[0] == (OWN,)
    assert own_world.model.asked[0].full_name == OWN
    assert ReposDao.own(own_world.run_id) == OWN
    assert own_world.github.calls.count(("repository", OWN)) == 1
    own_world.steps(*PASS1)
    assert own_world.github.calls.count(("repository", OWN)) == 1


def test_a_search_that_finds_it_too_counts_it_once(own_world: World) -> None:
    own_world.github.results = {"vector database": ["a/one", "O/Own", "b/two"]}
    stats = own_world.step("github_search_pass1")
    assert (stats["found"], stats["new"]) == (3, 3)
    assert Repo.select().count() == 3


def test_one_that_was_renamed_since_is_met_under_both_names(own_world: World) -> None:
    own_world.github.overrides = {OWN: payload("o/new")}
    own_world.step("github_search_pass1")
    assert ReposDao.own(own_world.run_id) == "o/new"
    (alias,) = loads(Repo.get(Repo.full_name == "o/new").aliases_json)
    assert alias["full_name"] == OWN


@pytest.mark.parametrize("found", [None, {"private": True}])
def test_one_that_is_gone_or_private_ends_the_step_before_anything_is_searched(
    own_world: World, found: dict[str, bool] | None
) -> None:
    own_world.github.overrides = {OWN: found}
    with pytest.raises(PermanentError) as refused:
        own_world.step("github_search_pass1")
    assert refused.value.code is Code.OWN_REPOSITORY_UNUSABLE
    assert not [call for call in own_world.github.calls if call[0] == "search"]


def test_one_that_is_internal_to_an_enterprise_is_open_there(own_world: World) -> None:
    own_world.github.overrides = {OWN: {"private": True, "visibility": "internal"}}
    own_world.step("github_search_pass1")
    assert ReposDao.own(own_world.run_id) == OWN


def test_a_step_that_died_in_the_search_goes_on(own_world: World) -> None:
    own_world.github.fail_on = {("repository", OWN): TransientError("away")}
    with pytest.raises(TransientError):
        own_world.step("github_search_pass1")
    assert Repo.select().count() == 0
    assert own_world.step("github_search_pass1")["new"] == 5


def test_a_readme_that_cannot_be_read_ends_the_step_and_is_read_again(own_world: World) -> None:
    own_world.steps(*PASS1[:3])
    mine = ReadmeRecord.full_name == OWN
    ReadmeRecord.update(status="failed").where(mine).execute()
    own_world.github.fail_on = {("readme", OWN): TransientError("away")}
    with pytest.raises(TransientError):
        own_world.step("hydrate_readme")
    own_world.step("hydrate_readme")
    assert ReadmeRecord.get(mine).status == "found"


def test_an_analysis_that_is_not_valid_ends_the_step_and_is_asked_for_again(
    own_world: World,
) -> None:
    own_world.model.texts = {OWN: "no JSON"}
    own_world.steps(*PASS1[:3])
    with pytest.raises(PermanentError, match="o/own, which this run starts from") as refused:
        own_world.step("llm_repo_analysis")
    assert refused.value.code is Code.OWN_REPOSITORY_UNUSABLE
    own_world.model.texts = {}
    assert own_world.step("llm_repo_analysis")["valid"] == 6
    assert Analysis.get(Analysis.full_name == OWN).status == "valid"
