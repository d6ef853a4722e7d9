"""The words that a repository is searched for by, where nobody gave any."""

from __future__ import annotations

import pytest

from tasks.search.own_query import own_query
from tasks.sources.payload import RepositoryPayload


def derived(
    description: str = "", *topics: str, name: str = "acme/thing", language: str | None = None
) -> tuple[str, str]:
    repo = RepositoryPayload(
        name, 1, description=description or None, topics=topics, language=language
    )
    assert own_query(repo) == own_query(repo)
    return own_query(repo)


@pytest.mark.parametrize(
    ("topics", "words"),
    [
        (("rust", "database", "vector-database", "hacktoberfest"), "vector database"),
        (("python", "llm-evaluation-framework-for-teams"), "llm evaluation"),
        (("thing", "acme", "linux", "search"), "search"),
    ],
)
def test_a_topic_that_says_what_it_is_about_comes_first(
    topics: tuple[str, ...], words: str
) -> None:
    found = derived("A vector database that scales.", *topics, language="Rust")
    assert found == (words, "a topic")
    assert derived("A vector database that scales.", *topics[::-1], language="Rust") == found


@pytest.mark.parametrize(
    ("description", "words"),
    [
        ("A fast vector database for the cloud", "vector database"),
        ("Open-source vector similarity search, in Rust", "similarity search"),
        ("🚀 The modern toolkit for building workflow engines", "workflow engines"),
        ("PDF parser: turns pages into text", "pdf parser"),
    ],
)
def test_without_topics_the_description_names_it(description: str, words: str) -> None:
    assert derived(description, "python", language="Python") == (words, "the description")


@pytest.mark.parametrize("description", ["", "A tool", "!!!"])
def test_else_its_name_is_all_there_is(description: str) -> None:
    assert derived(description, name="acme/web-scraper") == ("web scraper", "the name")


def test_words_hold_no_syntax() -> None:
    query, _ = derived('"stars:>1" NOT -x (a OR b) repo:evil/x')
    assert not set(query) & set('":()><-')
