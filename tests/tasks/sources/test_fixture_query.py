"""Searching the shipped world: words choose a result, qualifiers filter it."""

from __future__ import annotations

import pytest

from models.errors import PermanentError
from tasks.sources.fixtures import FixtureGitHub
from tasks.sources.interface import Payload


def found(github: FixtureGitHub, query: str) -> list[Payload]:
    """Return all items of all pages, after checking that the pages fit together."""
    items: list[Payload] = []
    page_number = 0
    while True:
        page_number += 1
        page = github.search_repositories(query, page_number)
        items += page.items
        assert len(page.items) <= github.page_size
        assert page.has_next == (len(items) < page.total_count)
        if not page.has_next:
            assert len(items) == page.total_count
            return items


def names(github: FixtureGitHub, query: str) -> list[str]:
    return [item["full_name"] for item in found(github, query)]


@pytest.mark.parametrize(
    "query",
    ["vector database", "anything", "日本語", '"', "c++ (server)", "storage", "fragment", ""],
)
def test_unknown_words_lead_to_the_default_result(github: FixtureGitHub, query: str) -> None:
    """Known terms count as whole words: neither `storage` nor `fragment` holds `rag`."""
    default = names(github, "vector database")
    assert len(default) >= 24
    assert names(github, query) == default


@pytest.mark.parametrize(
    "query", ["embedding", "EMBEDDING index", '"embedding index" in:name,description,readme']
)
def test_known_words_lead_to_their_own_result(github: FixtureGitHub, query: str) -> None:
    assert names(github, query)[0] == "mossbank/embedkit"


def test_of_several_known_terms_the_longest_decides(github: FixtureGitHub) -> None:
    assert names(github, "arrow streaming") == names(github, "streaming")
    assert names(github, "streaming arrow") == names(github, "streaming")
    assert names(github, "arrow") != names(github, "streaming")


@pytest.mark.parametrize(
    ("qualifier", "holds"),
    [
        ("stars:>=1000", lambda repo: repo["stargazers_count"] >= 1000),
        ("stars:>1984", lambda repo: repo["stargazers_count"] > 1984),
        ("stars:<=692", lambda repo: repo["stargazers_count"] <= 692),
        ("stars:<692", lambda repo: repo["stargazers_count"] < 692),
        ("stars:692", lambda repo: repo["stargazers_count"] == 692),
        ("stars:412..1132", lambda repo: 412 <= repo["stargazers_count"] <= 1132),
        ("stars:*..1132", lambda repo: repo["stargazers_count"] <= 1132),
        ("stars:412..*", lambda repo: repo["stargazers_count"] >= 412),
        ("pushed:>=2026-02-20", lambda repo: repo["pushed_at"] >= "2026-02-20"),
        ("pushed:2025-01-01..2026-02-20", lambda repo: "2025" <= repo["pushed_at"] < "2026-02-21"),
        ("created:<2022-01-01", lambda repo: repo["created_at"] < "2022"),
        ("forks:>100", lambda repo: repo["forks_count"] > 100),
        ("archived:false", lambda repo: not repo["archived"]),
        ("archived:true", lambda repo: repo["archived"]),
        ("-archived:true", lambda repo: not repo["archived"]),
        ("language:rust", lambda repo: repo["language"] == "Rust"),
        ('language:"C++"', lambda repo: repo["language"] == "C++"),
        ("-language:Rust", lambda repo: repo["language"] != "Rust"),
        ("topic:rag", lambda repo: "rag" in repo["topics"]),
        ("license:mit", lambda repo: repo["license"] and repo["license"]["key"] == "mit"),
        ("user:quiverdb", lambda repo: repo["owner"]["login"] == "quiverdb"),
        ("fork:only", lambda repo: repo["fork"]),
        ("fork:false", lambda repo: not repo["fork"]),
    ],
)
def test_a_qualifier_keeps_exactly_what_it_says(github, qualifier, holds) -> None:  # type: ignore[no-untyped-def]
    """The expected items come from the unfiltered result, in the same order."""
    everything = found(github, "vector database fork:true")
    fork_blind = "fork:" in qualifier
    expected = [repo for repo in everything if holds(repo) and (fork_blind or not repo["fork"])]
    assert 0 < len(expected) < len(everything)
    assert found(github, f"vector database {qualifier}") == expected


def test_forks_are_left_out_unless_asked_for(github: FixtureGitHub) -> None:
    assert "mirrorlake/quiver" not in names(github, "vector database")
    assert "mirrorlake/quiver" in names(github, "vector database fork:true")


def test_qualifiers_together_must_all_hold(github: FixtureGitHub) -> None:
    query = "vector database language:Rust stars:>=900 pushed:>=2026-02-28 archived:false"
    assert names(github, query) == [
        "quiverdb/quiver",
        "tidepool-data/tidepool",
        "silt-systems/silt",
    ]


def test_a_qualifier_inside_quotes_is_only_words(github: FixtureGitHub) -> None:
    assert names(github, '"vector stars:0..9 fork:only"') == names(github, "vector database")


@pytest.mark.parametrize("qualifier", ["stars:many", "stars:>=", "stars:1..x", "pushed:>=soon"])
def test_a_senseless_qualifier_is_refused_with_its_text(
    github: FixtureGitHub, qualifier: str
) -> None:
    with pytest.raises(PermanentError, match="search qualifier") as caught:
        github.search_repositories(f"vector {qualifier}", 1)
    assert qualifier in caught.value.message
    assert "YYYY-MM-DD" in caught.value.hint


def test_pages_after_the_last_are_empty(github: FixtureGitHub) -> None:
    page = github.search_repositories("vector database", 99)
    assert (list(page.items), page.has_next) == ([], False)


def test_pages_count_from_one(github: FixtureGitHub) -> None:
    with pytest.raises(ValueError, match="from 1"):
        github.search_repositories("vector database", 0)
