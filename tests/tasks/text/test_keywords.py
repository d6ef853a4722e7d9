"""Keywords in their normal form, and their weights."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.typed_query import read_query
from tasks.text.keywords import ScoredRepo, WeightedKeyword, aggregate, normalise_keyword, singular


@pytest.mark.parametrize(
    ("raw", "normal"),
    [
        ("  Vector   Search ", "vector search"),
        ("C++", "c++"),
        ("node.js", "node.js"),
        ("stars:>1000 user:evil", "stars 1000 user evil"),
        ('"quoted" (group)', "quoted group"),
        ("-minus", "minus"),
        ("snake_case", "snake case"),
        ("ベクトル検索", "ベクトル検索"),
        ("\x1b[31mred", "31mred"),
        ("🚀", ""),
    ],
)
def test_normal_form(raw: str, normal: str) -> None:
    assert normalise_keyword(raw) == normal


@given(st.text(max_size=40))
def test_normalising_twice_changes_nothing_and_leaves_no_syntax(raw: str) -> None:
    normal = normalise_keyword(raw)
    assert normalise_keyword(normal) == normal
    if normal:
        assert read_query(normal).words == normal
        assert read_query(normal).scope == ()


@pytest.mark.parametrize(
    ("plural", "same_as"),
    [("embeddings", "embedding"), ("queries", "query"), ("vector databases", "vector database")],
)
def test_plurals_compare_equal(plural: str, same_as: str) -> None:
    assert singular(plural) == singular(same_as)


@pytest.mark.parametrize("word", ["redis", "corpus", "wireless", "gas"])
def test_words_that_only_look_like_plurals_stay_apart(word: str) -> None:
    assert singular(word) == word


def test_weights_are_sums_of_scores_and_ties_go_by_name() -> None:
    repos = [
        ScoredRepo("b/b", 0.5, ["wal", "embedding", "simd"]),
        ScoredRepo("a/a", 0.25, ["embeddings", "ann", "simd"]),
        ScoredRepo("c/c", 0.5, ["embeddings", "api"]),
    ]
    assert aggregate(repos, "vector database", 4) == [
        WeightedKeyword("embeddings", 1.25, ["a/a", "b/b", "c/c"]),
        WeightedKeyword("simd", 0.75, ["a/a", "b/b"]),
        WeightedKeyword("api", 0.5, ["c/c"]),
        WeightedKeyword("wal", 0.5, ["b/b"]),
    ]


def test_the_query_and_stop_words_are_left_out_but_not_what_adds_a_word() -> None:
    words = ["vector database", "vectors", "database tool", "open source", "vector index"]
    kept = aggregate([ScoredRepo("a/a", 1.0, words)], "Vector Databases", 10)
    assert [one.keyword for one in kept] == ["vector index"]


def test_a_repository_counts_once_for_a_keyword_in_two_forms() -> None:
    (one,) = aggregate([ScoredRepo("a/a", 0.5, ["index", "index"])], "q", 10)
    assert one.weight == 0.5


@given(st.randoms(use_true_random=False))
def test_the_order_of_the_repositories_does_not_matter(shuffler: random.Random) -> None:
    repos = [
        ScoredRepo(f"r/{number}", number / 7, ["a1", f"b{number % 3}", f"c{number}s"])
        for number in range(12)
    ]
    shuffled = repos.copy()
    shuffler.shuffle(shuffled)
    assert aggregate(shuffled, "q", 30) == aggregate(repos, "q", 30)
