"""The final score of a repository: arithmetic on stored numbers, under a versioned policy.

Whoever changes a number here gives the policy a new version.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from types import MappingProxyType

from msgspec import Struct

POLICY = "scout-score/1"
#: Names the arithmetic of `tasks.analysis.relevance`, which takes its place once a pass is in.
RELEVANCE_POLICY = "scout-score/2"

#: What each component, from 0 to 1, counts for; added up in this order. The sum is 1.
WEIGHTS: Mapping[str, float] = MappingProxyType(
    {
        "collaboration_potential": 0.30,
        "interestingness": 0.25,
        "novelty": 0.20,
        "recency": 0.15,
        "popularity": 0.10,
    }
)
#: What is taken off; applied in this order.
PENALTIES: Mapping[str, float] = MappingProxyType(
    {
        "no_readme": 0.10,  # what it does rests on one line of description
        "no_evidence": 0.05,  # no quote of the model's was found
        "archived": 0.20,  # nobody is there to collaborate with
    }
)
#: Stars from which popularity counts in full; it grows with the logarithm.
STARS_FULL = 100_000
#: Days without a push after which recency is nothing; it falls evenly until then.
DAYS_STALE = 365
DECIMALS = 4


class ScoreInputs(Struct, frozen=True):
    """All that the score depends on; stored beside it so that it can be computed again.

    days_since_push is None where GitHub does not know of a push.
    """

    interestingness: float
    novelty: float
    collaboration_potential: float
    stars: int
    days_since_push: int | None
    has_readme: bool
    has_evidence: bool
    archived: bool


class Score(Struct, frozen=True):
    """The score from 0 to 1, rounded once, and the exact parts that it is made of."""

    final: float
    components: Mapping[str, float]


def score_repo(inputs: ScoreInputs) -> Score:
    """Return the score of a repository under `POLICY`.

    It never falls when one of the model's scores rises.
    """
    values = {
        "collaboration_potential": inputs.collaboration_potential,
        "interestingness": inputs.interestingness,
        "novelty": inputs.novelty,
        "recency": _recency(inputs.days_since_push),
        "popularity": min(1.0, math.log1p(inputs.stars) / math.log1p(STARS_FULL)),
    }
    penalised = {
        "no_readme": not inputs.has_readme,
        "no_evidence": not inputs.has_evidence,
        "archived": inputs.archived,
    }
    components = {name: weight * values[name] for name, weight in WEIGHTS.items()}
    components |= {name: -amount for name, amount in PENALTIES.items() if penalised[name]}
    total = 0.0
    for part in components.values():
        total += part
    return Score(round(min(1.0, max(0.0, total)), DECIMALS), components)


def days_between(pushed_at: str | None, today: date) -> int | None:
    """Return the days from a stored time of a push to `today`; 0 for one that lies ahead."""
    return max(0, (today - date.fromisoformat(pushed_at[:10])).days) if pushed_at else None


def _recency(days_since_push: int | None) -> float:
    if days_since_push is None:
        return 0.0
    return max(0.0, 1.0 - days_since_push / DAYS_STALE)
