"""Arithmetic over all pairs of a run that comes out the same everywhere, with NumPy or without.

Vectors are turned into whole numbers once (`quantised`), so that every product of two is exact,
whatever the order of the additions, the processor or the number of its threads. A replay on another
machine gives the same ranks. NumPy is used where it is installed and pays for its start: a thousand
repositories are half a million pairs, and it takes a tenth of a second to import.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from copy import copy
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from itertools import chain, combinations, compress
from operator import add, mul
from typing import Any, TypeAlias

#: What 1 becomes: products of unit vectors stay below 2**24, which 32-bit floats hold exactly.
SCALE = 2048
#: Repositories from which on NumPy is quicker than to do without, if they are compared by words.
NUMPY_FROM = 150
#: Products that are in memory at a time.
_BLOCK = 4_000_000

#: A vector of whole numbers; a row of NumPy's where it is installed.
Vector: TypeAlias = Any
#: A row for each repository, with a number for each; NumPy's array where it is installed.
Square: TypeAlias = Any

_numpy: ContextVar[Any] = ContextVar("numpy", default=None)


def numpy() -> Any:
    """Return NumPy inside an `arithmetic` block that uses it, else None."""
    return _numpy.get()


@cache
def has_numpy() -> bool:
    """Say whether NumPy is installed, without importing it."""
    return find_spec("numpy") is not None


@contextmanager
def arithmetic(count: int, *, by_meaning: bool) -> Iterator[None]:
    """Choose for the block what computes; the results are the same.

    Args:
        count: Repositories that are compared.
        by_meaning: Whether they have vectors, of hundreds of numbers each.
    """
    pays = has_numpy() and (by_meaning or count >= NUMPY_FROM)
    token = _numpy.set(import_module("numpy") if pays else None)
    try:
        yield
    finally:
        _numpy.reset(token)


def quantised(vectors: Mapping[str, Sequence[float]]) -> Mapping[str, Vector]:
    """Return unit vectors in whole numbers, by the same keys."""
    np = numpy()
    if np is None or not vectors:
        return {key: [round(value * SCALE) for value in vector] for key, vector in vectors.items()}
    matrix = np.rint(np.asarray(list(vectors.values()), dtype=np.float64) * SCALE)
    return dict(zip(vectors, matrix.astype(np.float32), strict=True))


def product(one: Vector, other: Vector) -> int:
    """Return the product of two vectors in whole numbers."""
    return int(sum(map(mul, one, other)))


def closest(
    asked: Sequence[Sequence[Vector]], offered: Sequence[Sequence[Vector]], *, mean: bool = False
) -> Square:
    """Return how close the best of each one's `offered` vectors comes to each one's `asked`.

    Args:
        asked: For each repository, its vectors.
        offered: For each repository, its vectors.
        mean: Whether the mean over what is asked counts, or its best.

    Returns:
        Row i, column j: i's `asked` and j's `offered`; 0 where one has none. Means are whole, too.
    """
    np = numpy()
    if np is None:
        return [[_closest(ours, theirs, mean=mean) for theirs in offered] for ours in asked]
    count = len(asked)
    result = np.zeros((count, count), dtype=np.int64)
    have = [j for j in range(count) if offered[j]]
    if not have:
        return result
    stacked = np.asarray([vector for j in have for vector in offered[j]], dtype=np.float32).T
    starts = np.cumsum([0, *(len(offered[j]) for j in have[:-1])])
    rows = [(i, vector) for i in range(count) for vector in asked[i]]
    step = max(1, _BLOCK // max(1, stacked.shape[1]))
    best = np.zeros((len(rows), len(have)), dtype=np.int64)
    for start in range(0, len(rows), step):
        block = np.asarray([vector for _, vector in rows[start : start + step]], dtype=np.float32)
        best[start : start + step] = np.maximum.reduceat(block @ stacked, starts, axis=1)
    asking = [i for i in range(count) if asked[i]]
    if asking:
        sizes = np.asarray([len(asked[i]) for i in asking])
        first = np.cumsum([0, *sizes[:-1]])
        over = np.add if mean else np.maximum
        reduced = over.reduceat(best, first, axis=0)
        if mean:
            reduced //= sizes[:, None]
        result[np.ix_(asking, have)] = reduced
    return result


def _closest(asked: Sequence[Vector], offered: Sequence[Vector], *, mean: bool) -> int:
    if not asked or not offered:
        return 0
    best = [max(product(ours, theirs) for theirs in offered) for ours in asked]
    return sum(best) // len(best) if mean else max(best)


def products(vectors: Sequence[Vector]) -> Square:
    """Return the product of each two vectors."""
    np = numpy()
    if np is None:
        return [[product(one, other) for other in vectors] for one in vectors]
    if not len(vectors):
        return np.zeros((0, 0), dtype=np.int64)
    matrix = np.asarray(vectors, dtype=np.float32)
    return (matrix @ matrix.T).astype(np.int64)


def added(one: Square, other: Square) -> Square:
    """Return the sum of two matrices."""
    if numpy() is not None:
        return one + other
    return [[a + b for a, b in zip(*rows, strict=True)] for rows in zip(one, other, strict=True)]


def lesser(values: Sequence[int]) -> Square:
    """Return the lesser of each two of the numbers."""
    np = numpy()
    if np is None:
        return [[one if one < other else other for other in values] for one in values]
    column = np.asarray(values, dtype=np.int64)
    return np.minimum(column[:, None], column[None, :])


def square(rows: Sequence[Mapping[int, int]]) -> Square:
    """Return sparse rows, column to number, in full."""
    np = numpy()
    if np is None:
        return [_full(row, len(rows)) for row in rows]
    result = np.zeros((len(rows), len(rows)), dtype=np.int64)
    for number, row in enumerate(rows):
        if row:
            result[number, list(row)] = list(row.values())
    return result


def _full(row: Mapping[int, int], size: int) -> list[int]:
    full = [0] * size
    for column, value in row.items():
        full[column] = value
    return full


class Pairs:
    """The pairs of a list of repositories that are looked at: first and second index of each.

    Args:
        owners: Each repository's owner; two of one owner are no pair.
    """

    def __init__(self, owners: Sequence[str]) -> None:
        np = numpy()
        self._np = np
        self._count = len(owners)
        if np is None:
            both = list(combinations(range(len(owners)), 2))
            #: Of all pairs above the diagonal, row by row, which are looked at.
            self._kept: Sequence[bool] = [owners[i] != owners[j] for i, j in both]
            self.first: Any = [i for i, _ in compress(both, self._kept)]
            self.second: Any = [j for _, j in compress(both, self._kept)]
            return
        _, number = np.unique(np.asarray(owners, dtype=str), return_inverse=True)
        first, second = np.triu_indices(len(owners), k=1)
        keep = number.reshape(-1)[first] != number.reshape(-1)[second]
        self.first, self.second = first[keep], second[keep]

    def __len__(self) -> int:
        return len(self.first)

    def of(self, index: int) -> tuple[Pairs, list[int]]:
        """Return the pairs of one repository, and their numbers among all."""
        both = zip(self.first, self.second, strict=True)
        numbers = [number for number, pair in enumerate(both) if index in pair]
        some = copy(self)
        if self._np is None:
            pairs = combinations(range(self._count), 2)
            some._kept = [
                kept and index in pair for kept, pair in zip(self._kept, pairs, strict=True)
            ]
        some.first, some.second = (
            self.some(column, numbers) for column in (self.first, self.second)
        )
        return some, numbers

    def some(self, column: Any, numbers: Sequence[int]) -> Any:
        """Return what a column has for some of the pairs."""
        return [column[number] for number in numbers] if self._np is None else column[numbers]

    def among_themselves(self, column: Any) -> Any:
        """Return each pair's rank by the rank that it had among more pairs."""
        return ranks(column) if self._np is None else self._ranked(column)

    def ranks(self, matrix: Square) -> Any:
        """Return each pair's rank by its two numbers together; see `ranks`."""
        if self._np is None:
            return ranks(list(self._both_ways(add, matrix)))
        return self._ranked(matrix[self.first, self.second] + matrix[self.second, self.first])

    def together(self, columns: Sequence[Any]) -> Any:
        """Return each pair's rank by the sum of ranks that it has already."""
        if self._np is None:
            return ranks([round(sum(row) * 1e9) for row in zip(*columns, strict=True)])
        return self._ranked(self._np.rint(sum(columns) * 1e9))

    def _ranked(self, values: Any) -> Any:
        np = self._np
        if len(values) < 2:
            return np.ones(len(values))
        order = np.argsort(values, kind="stable")
        ordered = values[order]
        starts = np.flatnonzero(np.concatenate(([True], ordered[1:] != ordered[:-1])))
        sizes = np.diff(np.append(starts, len(values)))
        result = np.empty(len(values))
        result[order] = np.repeat((2 * starts + sizes - 1) / 2 / (len(values) - 1), sizes)
        return result

    def any_positive(self, matrices: Sequence[Square]) -> Any:
        """Return for each pair whether any of its numbers is above zero."""
        if self._np is None:
            columns = [self._both_ways(max, matrix) for matrix in matrices]
            return [max(both) > 0 for both in zip(*columns, strict=True)]
        found = self._np.zeros(len(self), dtype=bool)
        for matrix in matrices:
            found |= (matrix[self.first, self.second] > 0) | (matrix[self.second, self.first] > 0)
        return found

    def _both_ways(self, combine: Callable[[int, int], int], matrix: Square) -> Iterator[int]:
        """Yield what the two numbers of each pair come to; by rows, which is quick."""
        columns = zip(*matrix, strict=True)
        rows = (
            map(combine, row[at:], column[at:])
            for at, (row, column) in enumerate(zip(matrix, columns, strict=True), start=1)
        )
        return compress(chain.from_iterable(rows), self._kept)

    def weighted(self, columns: Sequence[tuple[float, Any]]) -> Any:
        """Return the weighted mean of ranks for each pair, to six places."""
        total = sum(weight for weight, _ in columns)
        np = self._np
        if np is None:
            rows = zip(*(ranked for _, ranked in columns), strict=True)
            weights = [weight for weight, _ in columns]
            return [
                math.floor(sum(map(mul, weights, row)) / total * 1e6 + 0.5) / 1e6 for row in rows
            ]
        added = sum(weight * ranked for weight, ranked in columns)
        return np.floor(added / total * 1e6 + 0.5) / 1e6

    def order(self, scores: Any) -> Any:
        """Return the numbers of the pairs, best score first; equal ones in the pairs' order."""
        if self._np is None:
            return sorted(range(len(scores)), key=scores.__getitem__, reverse=True)
        return self._np.argsort(-scores, kind="stable")


def ranks(values: Sequence[int]) -> list[float]:
    """Return each value's rank among all: 0 lowest, 1 highest; equal ones share the mean.

    A single one is the highest.
    """
    if len(values) < 2:
        return [1.0] * len(values)
    counts = Counter(values)
    rank_of: dict[int, float] = {}
    lower = 0
    for value in sorted(counts):
        rank_of[value] = (2 * lower + counts[value] - 1) / 2 / (len(values) - 1)
        lower += counts[value]
    return [rank_of[value] for value in values]
