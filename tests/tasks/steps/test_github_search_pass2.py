"""Keywords, and the search that they widen."""

from __future__ import annotations

from typing import Any

import pytest

from models.errors import TransientError
from models.tables.results import Analysis, GithubQuery, Keyword, Repo, RepoQuery
from models.text.canonical_json import loads
from tasks.search import pass2_caps
from tests.support.databases import fetch_all
from tests.support.step_fakes import World, new_world

BEFORE = (
    "github_search_pass1",
    "hydrate_repo_metadata",
    "hydrate_readme",
    "llm_repo_analysis",
)
KEYWORDS, STEP = "keyword_aggregate", "github_search_pass2"
RESULTS = {
    "vector database": ["a/one", "b/two", "c/three", "d/four", "e/five"],
    "approximate search": ["A/One", "x/new", "y/newer"],
    "embeddings": ["y/newer", "z/newest", "b/two"],
}


@pytest.fixture
def wide(database: object) -> World:
    """A run whose keywords find three more repositories, with overlap."""
    world = new_world(max_queries=2)
    world.github.results = RESULTS
    return world


def _new() -> list[str]:
    rows = fetch_all(Repo.select(Repo.full_name).where(Repo.found_in_pass == 2).order_by(Repo.id))
    return [name for (name,) in rows]


def _caps(stats: dict[str, Any]) -> list[tuple[str, int, str]]:
    return [(one["cap"], one["limit"], one["undone"]) for one in stats["caps"]]


def test_keywords_are_ranked_and_stored_with_their_repositories(wide: World) -> None:
    wide.model.keywords = {"a/one": ["vector database", "hnsw", "rare"]}
    stats = wide.steps(*BEFORE, KEYWORDS)[KEYWORDS]
    rows = list(Keyword.select().order_by(Keyword.rank))
    assert [row.keyword for row in rows] == [
        "approximate search",
        "embeddings",
        "simd",
        "hnsw",
        "rare",
    ]
    assert loads(rows[0].repos_json) == ["b/two", "c/three", "d/four", "e/five"]
    assert (stats["repos"], stats["keywords"], stats["shared"]) == (5, 5, 3)
    assert wide.step(KEYWORDS) == stats
    assert Keyword.select().count() == 5


def test_new_repositories_are_found_once_hydrated_and_analysed(wide: World) -> None:
    stats = wide.steps(*BEFORE, KEYWORDS, STEP)[STEP]
    assert _new() == ["x/new", "y/newer", "z/newest"]
    assert (stats["search"]["found"], stats["search"]["new"], stats["search"]["overlap"]) == (
        5,
        3,
        2,
    )
    assert stats["metadata"]["hydrated"] == stats["readmes"]["found"] == 3
    assert stats["analyses"]["valid"] == 3
    assert Analysis.select().where(Analysis.status == "valid").count() == 8


def test_known_repositories_keep_their_spelling_and_gain_a_link(wide: World) -> None:
    wide.steps(*BEFORE, KEYWORDS, STEP)
    links = RepoQuery.select(RepoQuery.full_name, RepoQuery.rank).where(RepoQuery.pass_number == 2)
    assert ("a/one", 1) in fetch_all(links)
    assert Repo.select().where(Repo.full_name == "A/One").count() == 0
    assert Repo.get(Repo.full_name == "a/one").found_in_pass == 1


def test_queries_are_anchored_and_take_the_star_limit_of_pass_2(wide: World) -> None:
    wide.steps(*BEFORE, KEYWORDS, STEP)
    queries = GithubQuery.select().where(GithubQuery.pass_number == 2)
    assert [query.query.split(" in:")[0] for query in queries] == [
        "approximate search",
        "embeddings vector",
    ]
    assert [query.keyword for query in queries] == ["approximate search", "embeddings"]
    assert [query.new_repos for query in queries] == [2, 1]
    assert all("stars:>=50 " in query.query for query in queries)


def test_bare_languages_and_platforms_are_not_searched_for(wide: World) -> None:
    wide.github.overrides = {"a/one": {"language": "Rust"}}
    wide.model.keywords = {name: ["rust", "linux", "hnsw"] for name in RESULTS["vector database"]}
    wide.steps(*BEFORE, KEYWORDS, STEP)
    queries = GithubQuery.select().where(GithubQuery.pass_number == 2)
    assert [query.keyword for query in queries] == ["hnsw"]


def test_what_is_shared_takes_turns_with_what_is_needed(wide: World) -> None:
    """What they are finds more of their kind, what they need finds what goes with them."""
    wide.model.keywords = {
        "a/one": ["hnsw", "simd", "query planner"],
        "b/two": ["hnsw", "simd", "text embeddings"],
        "c/three": ["hnsw", "simd", "pages"],
        "d/four": ["hnsw", "simd", "ledger"],
        "e/five": ["hnsw", "simd", "graphs"],
    }
    wide.model.needs = {
        "a/one": ["embeddings of some text"],
        "c/three": ["embeddings", "a planner"],
        "e/five": ["money"],
    }
    wide.args = wide.args.from_dict(wide.args.to_dict() | {"max_queries": 3})
    stats = wide.steps(*BEFORE, KEYWORDS, STEP)[STEP]
    queries = GithubQuery.select().where(GithubQuery.pass_number == 2)
    searched = [query.keyword for query in queries.order_by(GithubQuery.position)]
    assert searched == ["hnsw", "text embeddings", "simd"]
    assert stats["needed"] == {"text embeddings": ["a/one", "c/three"]}
    assert (stats["keywords"], stats["capped"]) == (7, True)


def test_what_only_one_repository_has_is_searched_for_after_what_several_share(
    wide: World,
) -> None:
    wide.model.keywords = {"a/one": [f"rare {number}" for number in range(12)]}
    wide.args = wide.args.from_dict(wide.args.to_dict() | {"max_queries": 10})
    stats = wide.steps(*BEFORE, KEYWORDS, STEP)[STEP]
    queries = GithubQuery.select().where(GithubQuery.pass_number == 2)
    searched = [query.keyword for query in queries.order_by(GithubQuery.position)]
    assert searched[:3] == ["approximate search", "embeddings", "simd"]
    assert [keyword.partition(" ")[0] for keyword in searched[3:]] == ["rare"] * 7
    assert (stats["keywords"], stats["capped"]) == (10, False)


def test_words_beside_a_query_that_found_all_there_is_are_not_asked_for(wide: World) -> None:
    """Of all that is about `search`, more words find nothing new: the field's own word does."""
    wide.args = wide.args.from_dict(wide.args.to_dict() | {"query": "search"})
    wide.github.results = {"search": RESULTS["vector database"]}
    wide.github.overrides = {
        name: {"description": "Approximate things"} for name in RESULTS["vector database"]
    }
    wide.steps(*BEFORE, KEYWORDS, STEP)
    queries = GithubQuery.select().where(GithubQuery.pass_number == 2)
    assert [query.query.split(" in:")[0] for query in queries] == [
        "approximate search",
        "embeddings approximate",
    ]


def test_more_keywords_than_queries_bite(wide: World) -> None:
    stats = wide.steps(*BEFORE, KEYWORDS, STEP)[STEP]
    assert _caps(stats) == [("max_queries", 2, "keywords not searched: 1")]
    assert (stats["capped"], stats["reason"]) == (True, "max_queries 2 (keywords not searched: 1)")
    (event,) = [one for one in wide.recorder.audits if one.event == "scout.pass2.capped"]
    assert event.level == "WARNING"
    assert event.data == {key: stats[key] for key in ("capped", "reason", "caps")}


def test_no_queries_switch_pass_2_off_and_are_no_cap(wide: World) -> None:
    wide.args = wide.args.from_dict(wide.args.to_dict() | {"max_queries": 0})
    stats = wide.steps(*BEFORE, KEYWORDS, STEP)[STEP]
    assert (stats["search"]["queries"], stats["capped"], stats["reason"]) == (0, False, None)
    assert wide.recorder.events("scout.pass2.capped") == []


def _exact(wide: World) -> None:
    """Allow as many queries as there are keywords, so that only the other caps can bite."""
    wide.args = wide.args.from_dict(wide.args.to_dict() | {"max_queries": 3})


@pytest.mark.parametrize(
    ("limit", "undone"),
    [
        (1, "repositories left out: 0, searches not finished: 3"),
        (2, "repositories left out: 0, searches not finished: 2"),
        (3, "repositories left out: 0, searches not finished: 2"),
        (4, None),
    ],
)
def test_a_cap_on_new_repositories_bites_when_a_search_is_not_finished(
    wide: World, monkeypatch: pytest.MonkeyPatch, limit: int, undone: str | None
) -> None:
    monkeypatch.setattr(pass2_caps, "MAX_NEW_REPOS", limit)
    _exact(wide)
    stats = wide.steps(*BEFORE, KEYWORDS, STEP)[STEP]
    assert _caps(stats) == ([("max_new_repos", limit, undone)] if undone else [])
    assert len(_new()) == min(limit, 3)
    assert stats["capped"] is bool(undone)


def test_a_cap_on_new_repositories_bites_when_one_on_the_last_page_is_left_out(
    wide: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pass2_caps, "MAX_NEW_REPOS", 1)
    _exact(wide)
    wide.github.results = {"vector": RESULTS["vector database"], "simd": ["x/new", "y/newer"]}
    stats = wide.steps(*BEFORE, KEYWORDS, STEP)[STEP]
    undone = "repositories left out: 1, searches not finished: 0"
    assert _caps(stats) == [("max_new_repos", 1, undone)]
    assert (_new(), stats["search"]["left_out"]) == (["x/new"], 1)
    assert RepoQuery.select().where(RepoQuery.full_name == "y/newer").count() == 1
    assert wide.step(STEP) == stats


def test_a_cap_reached_exactly_with_nothing_left_does_not_bite(
    wide: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pass2_caps, "MAX_NEW_REPOS", 1)
    _exact(wide)
    wide.github.results = {"vector": RESULTS["vector database"], "simd": ["x/new"]}
    assert wide.steps(*BEFORE, KEYWORDS, STEP)[STEP]["caps"] == []


def test_a_cap_on_analyses_bites_when_a_hydrated_repository_is_not_analysed(
    wide: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pass2_caps, "MAX_ANALYSES", 2)
    _exact(wide)
    stats = wide.steps(*BEFORE, KEYWORDS, STEP)[STEP]
    assert _caps(stats) == [("max_analyses", 2, "repositories not analysed: 1")]
    assert stats["analyses"]["analyses"] == 2
    assert wide.step(STEP) == stats


def test_the_hard_cap_on_queries_holds_whatever_the_arguments_say(
    wide: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pass2_caps, "MAX_QUERIES", 1)
    _exact(wide)
    stats = wide.steps(*BEFORE, KEYWORDS, STEP)[STEP]
    assert (stats["search"]["queries"], _caps(stats)) == (
        1,
        [("max_queries", 1, "keywords not searched: 2")],
    )


def test_pass_2_interrupted_at_every_call_ends_as_if_nothing_had_happened(wide: World) -> None:
    """Each second attempt does only the rest: over all attempts no call is answered twice."""
    undisturbed = new_world("undisturbed", max_queries=2)
    undisturbed.github.results = RESULTS
    expected = undisturbed.steps(*BEFORE, KEYWORDS, STEP)[STEP]
    done = len(BEFORE)
    calls = [call for call in undisturbed.github.calls if _of_pass_2(call)]
    assert len(calls) == 10, done

    wide.steps(*BEFORE, KEYWORDS)
    wide.github.calls.clear()
    wide.model.asked.clear()
    wide.github.fail_on = {call: TransientError("Down.") for call in calls}
    wide.model.fail_on = {name: TransientError("429.") for name in _EXPECTED_NEW}
    for _ in range(len(calls) + len(_EXPECTED_NEW)):
        with pytest.raises(TransientError):
            wide.step(STEP)
    assert wide.step(STEP) == expected
    assert [call for call in wide.github.calls if _of_pass_2(call)] == [
        call for call in calls for _ in range(2)
    ]
    assert len(wide.model.asked) == 2 * len(_EXPECTED_NEW)


_EXPECTED_NEW = ("x/new", "y/newer", "z/newest")


def _of_pass_2(call: tuple[str, Any]) -> bool:
    method, argument = call
    if method == "search":
        return "stars:>=50 " in argument[0]
    return argument in _EXPECTED_NEW
