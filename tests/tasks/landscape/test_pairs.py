"""Pairs: of different owners, by what few others have, the same whatever the order of words."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.landscape.pairs import MAX_APPEARANCES, MAX_REPOS, kindred_pairs

WORDS = ["wal", "simd", "raft", "ann", "hnsw", "hnsw index", "indexes", "index", "grpc"]
names = st.builds("{}/{}".format, st.sampled_from("abcdef"), st.sampled_from("uvwxyz"))
worlds = st.dictionaries(
    names, st.lists(st.sampled_from(WORDS), max_size=6, unique=True), max_size=14
)


def named(keywords: Mapping[str, Sequence[str]], limit: int = 20) -> list[tuple[str, str]]:
    return [pair.full_names for pair in kindred_pairs(keywords, limit)]


def test_what_few_others_have_weighs_most() -> None:
    keywords = {
        "a/one": ["wal", "raft", "simd"],
        "b/two": ["wal", "raft"],
        "c/three": ["raft", "simd", "ann"],
        "d/four": ["raft"],
    }
    best, second = kindred_pairs(keywords, 5)
    assert best.full_names == ("a/one", "b/two")
    assert best.shared == ["wal", "raft"]
    assert best.weight == pytest.approx(math.log(4 / 2) + math.log(4 / 4), abs=1e-4)
    assert second.full_names == ("a/one", "c/three")


def test_one_keyword_in_common_is_not_enough() -> None:
    assert named({"a/one": ["wal", "ann"], "b/two": ["wal", "simd"]}) == []


@pytest.mark.parametrize("other", ["same/two", "Same/two", "SAME/TWO"])
def test_an_owner_is_not_introduced_to_himself(other: str) -> None:
    assert named({"same/one": ["wal", "ann"], other: ["wal", "ann"]}) == []
    assert named({"same/one": ["wal", "ann"], f"x{other}": ["wal", "ann"]})


def test_forms_of_one_word_are_one_thing_in_common() -> None:
    assert named({"a/one": ["index", "wal"], "b/two": ["indexes", "indices"]}) == []
    (pair,) = kindred_pairs({"a/one": ["vectors", "wal"], "b/two": ["vector", "wal"], "c/x": []}, 1)
    assert pair.shared == ["vectors", "wal"]


def test_a_phrase_and_its_words_are_one_thing_in_common() -> None:
    both = ["hnsw", "hnsw index", "index"]
    assert named({"a/one": both, "b/two": both, "c/three": []}) == []
    (pair,) = kindred_pairs({"a/one": [*both, "wal"], "b/two": [*both, "wal"], "c/three": []}, 5)
    assert pair.shared == ["hnsw index", "wal"]


def test_one_repository_does_not_fill_the_list() -> None:
    words = [f"w{number}x" for number in range(12)]
    hub = {"hub/all": words}
    spokes = {f"o{number}/r": words[2 * number : 2 * number + 2] for number in range(6)}
    assert len(named(hub | spokes)) == MAX_APPEARANCES


def test_only_the_best_repositories_are_compared() -> None:
    filler = {f"o{number}/r": [] for number in range(MAX_REPOS - 1)}
    first, last = {"a/one": ["wal", "ann"]}, {"b/two": ["wal", "ann"]}
    assert named(first | filler | last) == []
    assert named(first | dict(list(filler.items())[1:]) | last) == [("a/one", "b/two")]


def test_nobody_has_nothing_in_common() -> None:
    assert named({}) == named({"a/one": ["wal", "ann"]}) == []


@given(worlds, st.integers(0, 8))
def test_pairs_keep_the_rules(keywords: dict[str, list[str]], limit: int) -> None:
    pairs = kindred_pairs(keywords, limit)
    order = list(keywords)
    assert len(pairs) <= limit
    assert max(Counter(name for pair in pairs for name in pair.full_names).values(), default=0) <= (
        MAX_APPEARANCES
    )
    assert [pair.weight for pair in pairs] == sorted((one.weight for one in pairs), reverse=True)
    assert len({pair.full_names for pair in pairs}) == len(pairs)
    for pair in pairs:
        one, other = pair.full_names
        assert order.index(one) < order.index(other)
        assert one.partition("/")[0] != other.partition("/")[0]
        assert len(pair.shared) >= 2
        assert set(pair.shared) <= set(keywords[one])
        assert pair.weight >= 0


@given(worlds, st.randoms())
def test_the_order_of_the_words_does_not_matter(
    keywords: dict[str, list[str]], dice: Random
) -> None:
    shuffled = {name: dice.sample(words, len(words)) for name, words in keywords.items()}
    one, other = kindred_pairs(keywords, 20), kindred_pairs(shuffled, 20)
    assert [(pair.full_names, pair.weight) for pair in one] == [
        (pair.full_names, pair.weight) for pair in other
    ]


@given(worlds)
def test_a_longer_list_begins_with_the_shorter_one(keywords: dict[str, list[str]]) -> None:
    assert kindred_pairs(keywords, 20)[:2] == kindred_pairs(keywords, 2)


def test_what_most_of_many_have_is_no_bond() -> None:
    keywords = {f"o{n}/r{n}": ["vector", "search", f"own {n}"] for n in range(12)}
    assert kindred_pairs(keywords, 5) == []
    keywords["o1/r1"] += ["rare", "odd"]
    keywords["o2/r2"] += ["rare", "odd"]
    (pair,) = kindred_pairs(keywords, 5)
    assert (pair.full_names, sorted(pair.shared)) == (("o1/r1", "o2/r2"), ["odd", "rare"])
