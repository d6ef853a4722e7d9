"""Likeness by words: the same numbers with NumPy and without, in one piece and pair by pair."""

from __future__ import annotations

import random

import pytest

from tasks.embeddings import exact
from tasks.embeddings.rare_words import closest_words, products_of, word_vectors

WORDS = [f"word{number}" for number in range(12)]


def phrases(chance: random.Random, most: int) -> list[str]:
    count = chance.randrange(most + 1)
    return [" ".join(chance.choices(WORDS, k=chance.randrange(4))) for _ in range(count)]


@pytest.mark.parametrize("mean", [True, False])
def test_with_numpy_it_is_the_same_also_where_nothing_is_asked_or_offered(mean: bool) -> None:
    chance = random.Random(3)
    for _ in range(60):
        size = chance.randrange(6)
        asked, several = [[phrases(chance, 2) for _ in range(size)] for _ in range(2)]
        for offered in (several, [[chance.choice(WORDS)] for _ in range(size)]):
            by_hand = closest_words(asked, offered, mean=mean)
            with exact.arithmetic(exact.NUMPY_FROM, by_meaning=False):
                assert exact.numpy()
                found = closest_words(asked, offered, mean=mean)
            assert [list(row) for row in found] == by_hand


def test_pairs_are_weighed_by_all_of_the_texts() -> None:
    texts = ["store of vectors", "vector index", "vectors", "a garage", ""]
    pairs = [(one, other) for one in texts for other in texts]
    vectors = dict(zip(texts, word_vectors(texts), strict=True))
    assert products_of(pairs) == [
        sum(weight * vectors[other].get(word, 0) for word, weight in vectors[one].items())
        for one, other in pairs
    ]
    assert products_of([("a garage", "vectors")]) == [0]
