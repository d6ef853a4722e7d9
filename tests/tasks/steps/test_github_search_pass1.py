"""The first search: pages, ranks, limits, and going on where it stopped."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from models.errors import PermanentError, PostponedError, TransientError
from models.tables.results import GithubQuery, Repo, RepoQuery
from tasks.search.pages import INCOMPLETE_TRIES
from tasks.search.query import build_query
from tasks.sources.interface import SearchPage
from tasks.units import retries
from tests.support.databases import fetch_all
from tests.support.step_fakes import TODAY, World, new_world

STEP = "github_search_pass1"


def build_query_of(world: World) -> str:
    return build_query(
        world.args.typed,
        stars_min=world.args.stars,
        stars_max=world.args.max_stars,
        pushed_since=TODAY - timedelta(days=world.args.days),
        lang=world.args.lang,
        include_forks=world.args.include_forks,
    )


def _ranks() -> list[tuple[int, str]]:
    return fetch_all(RepoQuery.select(RepoQuery.rank, RepoQuery.full_name).order_by(RepoQuery.rank))


def test_ranks_go_on_over_pages_and_provenance_is_kept(world: World) -> None:
    stats = world.step(STEP)
    assert _ranks() == [
        (1, "a/one"),
        (2, "b/two"),
        (3, "c/three"),
        (4, "d/four"),
        (5, "e/five"),
    ]
    query = GithubQuery.get()
    assert (query.pass_number, query.position, query.pages_fetched) == (1, 1, 3)
    assert (query.total_count, query.items_seen, query.complete) == (5, 5, True)
    assert query.query.startswith("vector database in:name")
    repo = Repo.get(Repo.full_name == "c/three")
    assert (repo.found_in_pass, repo.status, repo.stars, repo.license) == (1, "found", 500, "MIT")
    assert (stats["found"], stats["new"], stats["pages"]) == (5, 5, 3)
    assert TODAY.year == 2025
    assert "pushed:>=2024-06-01" in stats["query"]


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(("top", "pages"), [(1, 1), (2, 1), (3, 2), (5, 3), (50, 3)])
def test_top_limits_results_and_pages(top: int, pages: int) -> None:
    world = new_world(top=top)
    world.github.results = {"vector": ["a/one", "b/two", "c/three", "d/four", "e/five"]}
    stats = world.step(STEP)
    assert (stats["found"], stats["pages"]) == (min(top, 5), pages)


@pytest.mark.usefixtures("database")
def test_no_page_beyond_githubs_ceiling_is_asked_for() -> None:
    world = new_world(top=1000)
    world.github.page_size = 100
    world.github.results = {"vector": [f"o/{number}" for number in range(900)] + ["o/0"] * 600}
    world.step(STEP)
    assert world.github.calls[-1][1][1] == 10


def test_an_attempt_that_gets_no_page_says_how_far_the_search_was_before(world: World) -> None:
    """So two attempts in a row that get nothing are known to have got nothing."""
    for number in (2, 2):
        query = build_query_of(world)
        world.github.fail_on[("search", (query, number))] = PostponedError("Quota.", delay_s=60)
        world.recorder.progressed.clear()
        with pytest.raises(PostponedError):
            world.step(STEP)
        assert world.recorder.progressed[-1] == (2, world.args.top)
    assert world.recorder.progressed == [(2, world.args.top)]


def test_a_search_is_audited_with_its_counts(world: World) -> None:
    world.step(STEP)
    (data,) = world.recorder.events("github.search.completed")
    assert (data["total_count"], data["kept"], data["pass"]) == (5, 5, 1)


def test_finding_nothing_is_said_plainly_and_is_no_failure(world: World) -> None:
    world.github.results = {}
    stats = world.step(STEP)
    assert (stats["found"], stats["total_count"]) == (0, 0)
    assert [one.level for one in world.recorder.audits] == ["WARNING"]
    assert "ends without briefs" in world.recorder.messages[0]
    rest = ("hydrate_repo_metadata", "hydrate_readme", "llm_repo_analysis", "keyword_aggregate")
    assert world.steps(*rest, "github_search_pass2")["github_search_pass2"]["capped"] is False


def test_a_repository_that_moves_to_the_next_page_is_kept_once_in_any_case(world: World) -> None:
    world.github.results = {"vector": ["a/one", "b/two", "B/Two", "c/three"]}
    assert world.step(STEP)["found"] == 3
    assert _ranks() == [(1, "a/one"), (2, "b/two"), (4, "c/three")]


def test_an_interrupted_search_goes_on_at_the_next_page(world: World) -> None:
    undisturbed = new_world("undisturbed")
    undisturbed.github.results = world.github.results
    expected = undisturbed.step(STEP)

    query = expected["query"]
    world.github.fail_on = {("search", (query, 3)): TransientError("Down.")}
    with pytest.raises(TransientError):
        world.step(STEP)
    assert Repo.select().where(Repo.run == world.run_id).count() == 4
    world.github.calls.clear()
    assert world.step(STEP) == expected
    assert world.github.calls == [("search", (query, 3))]


def test_a_finished_search_is_not_made_again(world: World) -> None:
    first = world.step(STEP)
    world.github.calls.clear()
    assert world.step(STEP) == first
    assert world.github.calls == []


@pytest.mark.parametrize(
    "broken",
    [
        {"full_name": "../../etc/passwd"},
        {"full_name": None},
        {"stargazers_count": "500"},
        {"stargazers_count": -1},
        {"stargazers_count": 2**40},
        {"topics": "index"},
        {"pushed_at": "yesterday"},
        {"license": "MIT"},
    ],
    ids=str,
)
def test_an_item_of_another_shape_fails_the_step_and_names_the_field(
    world: World, broken: dict[str, object]
) -> None:
    world.github.overrides = {"c/three": broken}
    with pytest.raises(PermanentError, match=rf"\$\.{next(iter(broken))}") as caught:
        world.step(STEP)
    assert caught.value.hint == "Correct the fixture of that name."


def test_hostile_text_is_stored_as_it_is_but_for_what_no_database_takes(world: World) -> None:
    hostile = "<script>\x1b[31m](javascript:x) a\x00b\ud800"
    world.github.overrides = {
        "a/one": {"description": hostile, "html_url": "javascript:alert(1)", "topics": ["\x00t"]}
    }
    world.step(STEP)
    repo = Repo.get(Repo.full_name == "a/one")
    assert repo.description == "<script>\x1b[31m](javascript:x) ab\ufffd"
    assert (repo.html_url, repo.topics_json) == ("", '["t"]')


def test_what_older_servers_leave_out_is_not_demanded(world: World) -> None:
    world.github.results = {"vector": ["a/one"]}
    absent = ("topics", "license", "pushed_at", "forks_count", "description", "language")
    world.github.overrides = {"a/one": dict.fromkeys(absent[1:3] + absent[4:])}
    world.step(STEP)
    repo = Repo.get()
    assert (repo.license, repo.pushed_at, repo.description, repo.language) == (None, None, "", None)


class TestASearchThatGitHubCutShort:
    @pytest.fixture
    def cut(self, database: object, monkeypatch: pytest.MonkeyPatch) -> World:
        monkeypatch.setattr(retries, "BACKOFF", replace(retries.BACKOFF, first_s=0.001))
        world = new_world(dry=False)
        world.github.results = {"vector": ["a/one"]}
        return world

    def pages(self, world: World, monkeypatch: pytest.MonkeyPatch, *incomplete: bool) -> list[int]:
        """Let the next pages be cut short, or not; returns the pages that are asked for."""
        asked: list[int] = []
        whole = world.github.search_repositories

        def search(query: str, page: int) -> SearchPage:
            asked.append(page)
            if incomplete[min(len(asked), len(incomplete)) - 1]:
                return SearchPage(0, True, [], False)
            return whole(query, page)

        monkeypatch.setattr(world.github, "search_repositories", search)
        return asked

    def test_is_tried_again(self, cut: World, monkeypatch: pytest.MonkeyPatch) -> None:
        asked = self.pages(cut, monkeypatch, True, False)
        stats = cut.step(STEP)
        assert (stats["found"], stats["incomplete_results"], asked) == (1, False, [1, 1])

    def test_is_then_said_to_be_one_and_not_that_nothing_matches(
        self, cut: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked = self.pages(cut, monkeypatch, True)
        stats = cut.step(STEP)
        assert (stats["found"], stats["incomplete_results"]) == (0, True)
        assert len(asked) == INCOMPLETE_TRIES
        said = [text for text in cut.recorder.messages if "GitHub timed out in search 1" in text]
        assert said
        assert not [text for text in cut.recorder.messages if "No repository matches" in text]
