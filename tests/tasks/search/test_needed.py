"""Keywords that name what repositories need."""

from __future__ import annotations

import pytest

from tasks.search.needed import needed_keywords


@pytest.mark.parametrize(
    ("needs", "keywords", "found"),
    [
        ({}, ["index"], {}),
        ({"a/a": ["an index"]}, [], {}),
        ({"a/a": ["money"]}, ["index"], {}),
        ({"a/a": ["an index of texts", "indexes"]}, ["index"], {"index": ["a/a"]}),
        # What more of them need comes first, and what weighs more where it is as many.
        (
            {"a/a": ["planner"], "b/b": ["parser", "planner"], "c/c": ["lexer"]},
            ["lexer", "parser", "planner"],
            {"planner": ["a/a", "b/b"], "lexer": ["c/c"], "parser": ["b/b"]},
        ),
        # A need is for one keyword: the one with which it has most words in common.
        (
            {"a/a": ["a vector database"]},
            ["database", "vector database", "vector search"],
            {"vector database": ["a/a"]},
        ),
    ],
)
def test_a_need_is_for_the_keyword_that_is_closest_by_its_words(
    needs: dict[str, list[str]], keywords: list[str], found: dict[str, list[str]]
) -> None:
    assert list(needed_keywords(needs, keywords).items()) == list(found.items())
