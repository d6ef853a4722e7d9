"""How alike texts are by their words, rare ones more: cosines of tf-idf, in whole numbers."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import chain, compress, islice
from operator import mul
from typing import TypeAlias

from tasks.embeddings.exact import SCALE, Square, numpy, products, square
from tasks.text.plain import telling_words

#: Word to its weight, in whole numbers; the length of all is `SCALE`.
WordVector: TypeAlias = Mapping[str, int]
_PHRASE_MAX_CHARACTERS = 200


def word_vectors(texts: Sequence[str]) -> list[WordVector]:
    """Return each text's words with their weights: (1 + log of the count) × the idf of BM25."""
    documents = [_counted(text) for text in texts]
    idf = _idf(documents)
    return [_unit(document, idf) for document in documents]


def products_of(pairs: Sequence[tuple[str, str]]) -> list[int]:
    """Return the product of each pair of texts, weighed by what is rare among all of the texts."""
    counted = {text: _counted(text) for pair in pairs for text in pair}
    shared = [not counted[one].keys().isdisjoint(counted[other]) for one, other in pairs]
    if not any(shared):  # most needs and offers have no word in common
        return [0] * len(pairs)
    idf = _idf(counted.values())
    alike = set(chain.from_iterable(compress(pairs, shared)))
    vectors = {text: _unit(counted[text], idf) for text in alike}
    return [
        _product(vectors[one], vectors[other]) if both else 0
        for (one, other), both in zip(pairs, shared, strict=True)
    ]


def _product(one: WordVector, other: WordVector) -> int:
    return sum(weight * other[word] for word, weight in one.items() if word in other)


def _idf(documents: Collection[Mapping[str, int]]) -> Mapping[str, float]:
    holders = Counter(chain.from_iterable(documents))
    idf_of = {
        count: math.log(1 + (len(documents) - count + 0.5) / (count + 0.5))
        for count in set(holders.values())
    }
    return {word: idf_of[count] for word, count in holders.items()}


def _counted(text: str) -> Mapping[str, int]:
    short = len(text) <= _PHRASE_MAX_CHARACTERS
    return _counted_phrase(text) if short else Counter(telling_words(text))


@lru_cache(maxsize=4096)
def _counted_phrase(text: str) -> Mapping[str, int]:
    """Return the words of a phrase; those of one project are compared with each other's."""
    return Counter(telling_words(text))


def _unit(document: Mapping[str, int], idf: Mapping[str, float]) -> WordVector:
    weights = [
        idf[word] if count == 1 else (1 + math.log(count)) * idf[word]
        for word, count in document.items()
    ]
    length = math.sqrt(math.fsum(map(mul, weights, weights))) or 1.0
    rounded = [round(weight / length * SCALE) for weight in weights]
    return dict(zip(document, rounded, strict=True))


def likeness(texts: Sequence[str]) -> Square:
    """Return how alike each two texts are."""
    vectors = word_vectors(texts)
    np = numpy()
    if np is None:
        return square(_shared(vectors, vectors))
    holders = Counter(word for vector in vectors for word in vector)
    column = {word: number for number, word in enumerate(w for w, n in holders.items() if n > 1)}
    matrix = np.zeros((len(vectors), max(1, len(column))), dtype=np.float32)
    for row, vector in enumerate(vectors):
        known = [(column[word], weight) for word, weight in vector.items() if word in column]
        if known:
            matrix[row, [number for number, _ in known]] = [weight for _, weight in known]
    return products(matrix) if len(vectors) else square([])


def closest_words(
    asked: Sequence[Sequence[str]], offered: Sequence[Sequence[str]], *, mean: bool
) -> Square:
    """Return how close the best of each one's offered texts comes to each one's asked, by words.

    As `tasks.embeddings.exact.closest`, for texts.
    """
    both = [*asked, *offered]
    vectors = iter(word_vectors([text for texts in both for text in texts]))
    of_each = [list(islice(vectors, len(texts))) for texts in both]
    compute = _closest_by_hand if numpy() is None else _closest_by_numpy
    return compute(of_each[: len(asked)], of_each[len(asked) :], mean=mean)


def _closest_by_hand(
    asked: Sequence[Sequence[WordVector]], offered: Sequence[Sequence[WordVector]], *, mean: bool
) -> Square:
    owner = [number for number, theirs in enumerate(offered) for _ in theirs]
    one_each = owner == list(range(len(offered)))
    hits = iter(_shared(chain.from_iterable(asked), chain.from_iterable(offered)))
    rows: list[Mapping[int, int]] = []
    for ours in asked:
        row: dict[int, int] = {}
        for found in islice(hits, len(ours)):
            top = found if one_each else _best(found, owner)
            for number, value in top.items():
                if mean:
                    row[number] = row.get(number, 0) + value
                elif value > row.get(number, 0):
                    row[number] = value
        rows.append({number: value // len(ours) for number, value in row.items()} if mean else row)
    return square(rows)


def _best(hits: Mapping[int, int], owner: Sequence[int]) -> dict[int, int]:
    """Return the highest product that each owner's texts have."""
    top: dict[int, int] = {}
    for number, value in hits.items():
        if value > top.get(owner[number], 0):
            top[owner[number]] = value
    return top


def _closest_by_numpy(
    asked: Sequence[Sequence[WordVector]], offered: Sequence[Sequence[WordVector]], *, mean: bool
) -> Square:
    np = numpy()
    result = np.zeros((len(asked), len(offered)), dtype=np.int64)
    have = [number for number, theirs in enumerate(offered) if theirs]
    if not have:
        return result
    holders = {
        word: tuple(np.asarray(column) for column in zip(*held, strict=True))
        for word, held in _holders(chain.from_iterable(offered)).items()
    }
    starts = np.cumsum([0, *(len(offered[number]) for number in have)])
    for row, ours in zip(result, asked, strict=True):
        found = np.zeros((len(ours), starts[-1]), dtype=np.int64)
        for hits, vector in zip(found, ours, strict=True):
            for word, weight in vector.items():
                if word in holders:
                    numbers, weights = holders[word]
                    hits[numbers] += weight * weights
        if ours:
            best = np.maximum.reduceat(found, starts[:-1], axis=1)
            row[have] = best.sum(axis=0) // len(ours) if mean else best.max(axis=0)
    return result


def nearest(asked: Sequence[str], offered: Sequence[str]) -> list[int | None]:
    """Return the number of the offered text that each asked one is closest to, by words.

    The first one of several that are equally close; None where no word of it is offered.
    """
    vectors = word_vectors([*asked, *offered])
    shared = _shared(vectors[: len(asked)], vectors[len(asked) :])
    return [min(hits, key=lambda number: (-hits[number], number), default=None) for hits in shared]


def _shared(ours: Iterable[WordVector], theirs: Iterable[WordVector]) -> list[dict[int, int]]:
    """Return for each of `ours` its products with those of `theirs` that share a word with it."""
    holders = _holders(theirs)
    found = []
    for vector in ours:
        hits: dict[int, int] = defaultdict(int)
        for word, weight in vector.items():
            for number, other in holders.get(word, ()):
                hits[number] += weight * other
        found.append(hits)
    return found


def _holders(vectors: Iterable[WordVector]) -> Mapping[str, list[tuple[int, int]]]:
    """Return the numbers of the vectors that have a word, with its weight in each."""
    holders: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for number, vector in enumerate(vectors):
        for word, weight in vector.items():
            holders[word].append((number, weight))
    return holders
