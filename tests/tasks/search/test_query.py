"""GitHub search queries."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from models.errors import InputError
from models.typed_query import read_query
from tasks.search.query import build_query

DEFAULTS: dict[str, Any] = {
    "stars_min": 100,
    "stars_max": None,
    "pushed_since": date(2025, 6, 1),
    "lang": None,
    "include_forks": False,
}
TAIL = "in:name,description,readme,topics stars:>=100 pushed:>=2025-06-01 archived:false fork:false"


def built(typed: str, **changes: Any) -> str:
    return build_query(read_query(typed), **DEFAULTS | changes)


def test_the_default_query_looks_at_topics_too() -> None:
    assert built("vector database") == f"vector database {TAIL}"


def test_every_option_has_its_qualifier() -> None:
    changes = {"stars_max": 5000, "lang": "Python", "include_forks": True}
    assert built("vector database", **changes) == (
        "vector database in:name,description,readme,topics stars:100..5000 pushed:>=2025-06-01"
        " archived:false fork:true language:Python"
    )


def test_a_language_with_blanks_is_quoted() -> None:
    assert built("plots", lang="Jupyter Notebook").endswith('language:"Jupyter Notebook"')


@pytest.mark.parametrize(
    ("typed", "query"),
    [
        ("foo topic:search", f"foo topic:search {TAIL}"),
        ("foo NOT bar -baz", f"foo NOT bar NOT baz {TAIL}"),
        ("foo stars:>=9", f"foo stars:>=9 {TAIL.replace('stars:>=100 ', '')}"),
        ("foo in:name", f"foo in:name {TAIL.partition(' ')[2]}"),
        ("foo archived:true", f"foo archived:true {TAIL.replace(' archived:false', '')}"),
        ("foo -fork:true", f"foo -fork:true {TAIL}"),
    ],
)
def test_what_the_person_qualified_takes_the_place_of_scouts_own(typed: str, query: str) -> None:
    assert built(typed) == query


@pytest.mark.parametrize(
    ("typed", "keyword", "terms"),
    [
        ("vector database", "embeddings", "embeddings vector"),
        ("vector database", "nearest neighbor", "nearest neighbor"),
        ("vector database", "vector-search", "vector-search"),
        ("vector database", "database", "database"),
        ("vector org:acme", "rag", "rag vector org:acme"),
    ],
)
def test_a_single_word_is_anchored_and_the_persons_scope_stays(
    typed: str, keyword: str, terms: str
) -> None:
    assert built(typed, keyword=keyword, anchor="vector") == f"{terms} {TAIL}"


@pytest.mark.parametrize("typed", ['" "', "topic:search", "NOT bar"])
def test_a_query_without_words_is_refused(typed: str) -> None:
    with pytest.raises(InputError, match="no words"):
        built(typed)
