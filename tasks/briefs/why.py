"""Why members of a group fit: which need of one is met by what of another, in their own phrases."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

from msgspec import Struct
from msgspec.structs import asdict

from tasks.briefs.pair_signals import Vectors, offers
from tasks.embeddings.exact import SCALE, product
from tasks.embeddings.rare_words import products_of
from tasks.kinds.project import Project

_DECIMALS = 3
#: Names the rule of `reasons`; rows that do not name it were made with keywords.
RULE = "provided"


class MetNeed(Struct, frozen=True):
    """That one repository's need is met by what another offers; `closeness` is from 0 to 1."""

    needs: str
    need: str
    offers: str
    offer: str
    closeness: float

    def to_dict(self) -> dict[str, str | float]:
        """Return the reason as JSON-like data."""
        return asdict(self)


def reasons(
    members: Sequence[Project], vectors: Vectors | None, *, by_keywords: bool = False
) -> list[MetNeed]:
    """Return for each two members, in both directions, the need that is met best.

    A need is met by what is provided; a keyword says what a project is about, not what it has for
    others, and counts where nothing is said to be provided.

    Args:
        members: The group's.
        vectors: The vector of each phrase; None compares by words.
        by_keywords: Whether keywords count as what is provided, as they did at first.
    """
    found = []
    for one, other in permutations(members, 2):
        texts = offers(other) if by_keywords or not any(other.provides) else other.provides
        both = [(need, offer) for need in one.needs if need for offer in texts if offer]
        if not both:
            continue
        close = _closeness(both, vectors)
        best = max(range(len(both)), key=lambda number: (close[number], -number))
        if close[best] > 0:
            need, offer = both[best]
            closeness = round(close[best], _DECIMALS)
            found.append(MetNeed(one.full_name, need, other.full_name, offer, closeness))
    return found


def _closeness(both: Sequence[tuple[str, str]], vectors: Vectors | None) -> list[float]:
    found = [product(vectors[a], vectors[b]) for a, b in both] if vectors else products_of(both)
    return [value / SCALE**2 for value in found]
