"""What a group of repositories is worth: arithmetic on stored numbers, under a versioned policy."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import TypeAlias

from tasks.briefs.v1.candidates import Partner

#: Names the arithmetic of this file; whoever changes it raises the number.
POLICY = "scout-brief/1"

#: Component to value, each 0..1.
Components: TypeAlias = Mapping[str, float]

#: How much each component counts; together 1.
WEIGHTS: Components = {
    "quality": 0.35,  # how good the repositories are, taken alone
    "complementarity": 0.30,  # what they can do for each other
    "affinity": 0.25,  # how much they have in common
    "maturity": 0.10,  # how ready they are for others
}

#: An active project has time for others, a mature one is sure, an experiment may be gone tomorrow.
_READINESS = {"active": 1.0, "mature": 0.8, "experimental": 0.4}
_UNKNOWN_READINESS = 0.5


def brief_score(components: Components) -> float:
    """Return the score, 0..1, of stored components; the one place where it is rounded."""
    return round(math.fsum(WEIGHTS[name] * components[name] for name in WEIGHTS), 4)


class GroupScorer:
    """Scores groups of a fixed list of candidates; a group is a sequence of indexes into it.

    Sets become the bits of integers once, so that all pairs of hundreds can be compared.

    Args:
        candidates: The repositories. Results do not depend on their order.
    """

    def __init__(self, candidates: Sequence[Partner]) -> None:
        self._scores = [candidate.score for candidate in candidates]
        self._languages = [candidate.language for candidate in candidates]
        self._readiness = [
            _READINESS.get(candidate.maturity, _UNKNOWN_READINESS) for candidate in candidates
        ]
        self._topics = _bits(candidate.topics for candidate in candidates)
        self._keywords = _bits(candidate.keywords for candidate in candidates)
        self._surfaces = _bits(candidate.surfaces for candidate in candidates)
        words = _bits(
            words for candidate in candidates for words in (candidate.provides, candidate.needs)
        )
        self._provides, self._needs = words[::2], words[1::2]

    def components(self, group: Sequence[int]) -> dict[str, float]:
        """Return the components of a group's score, not rounded."""
        pairs = list(combinations(group, 2))
        return {
            "quality": math.fsum(self._scores[i] for i in group) / len(group),
            "complementarity": self._complementarity(group),
            "affinity": math.fsum(self.affinity(i, j) for i, j in pairs) / len(pairs),
            "maturity": math.fsum(self._readiness[i] for i in group) / len(group),
        }

    def affinity(self, i: int, j: int) -> float:
        """Return how much two repositories have in common: topics, keywords, language."""
        language = self._languages[i]
        same_language = language is not None and language == self._languages[j]
        return (
            0.4 * _overlap(self._topics[i], self._topics[j])
            + 0.4 * _overlap(self._keywords[i], self._keywords[j])
            + 0.2 * same_language
        )

    def linked(self, i: int, j: int) -> bool:
        """Return whether there is any reason to name two repositories together."""
        return bool(
            self._topics[i] & self._topics[j]
            or self._keywords[i] & self._keywords[j]
            or self._needs[i] & self._provides[j]
            or self._needs[j] & self._provides[i]
        )

    def _complementarity(self, group: Sequence[int]) -> float:
        return 0.7 * self._needs_met(group) + 0.3 * self._surface_variety(group)

    def _needs_met(self, group: Sequence[int]) -> float:
        """Return how far the members' needs are met by the others; 0 where none has any."""
        met = []
        for i in group:
            if needs := self._needs[i]:
                offered = 0
                for j in group:
                    if j != i:
                        offered |= self._provides[j]
                met.append((needs & offered).bit_count() / needs.bit_count())
        return math.fsum(met) / len(met) if met else 0.0

    def _surface_variety(self, group: Sequence[int]) -> float:
        """Return 1 where no two members are reached in the same way, 0 where all are alike."""
        union, total, members = 0, 0, 0
        for i in group:
            if surfaces := self._surfaces[i]:
                union |= surfaces
                total += surfaces.bit_count()
                members += 1
        if members < 2:
            return 0.0
        return (union.bit_count() / total - 1 / members) / (1 - 1 / members)


def _bits(sets: Iterable[frozenset[str]]) -> list[int]:
    """Return each set as an integer in which every distinct word has a bit of its own."""
    position: dict[str, int] = {}
    return [sum(1 << position.setdefault(word, len(position)) for word in words) for words in sets]


def _overlap(a: int, b: int) -> float:
    """Return the Dice coefficient of two sets of bits, 0..1."""
    shared = (a & b).bit_count()
    return 2 * shared / (a.bit_count() + b.bit_count()) if shared else 0.0
