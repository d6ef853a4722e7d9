"""The score of a repository without a language model: arithmetic on what GitHub and READMEs say.

Whoever changes a number here gives the policy a new version.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from msgspec import Struct

from tasks.analysis.scoring import DAYS_STALE, DECIMALS, STARS_FULL, Score
from tasks.text.keywords import STOP_WORDS, normalise_keyword, singular

POLICY = "scout-signals/1"
#: The same as `scout-score/2`, for repositories that no model was asked about.
RELEVANCE_POLICY = "scout-signals/2"

#: What each component, from 0 to 1, counts for; added up in this order. The sum is 1.
WEIGHTS: Mapping[str, float] = MappingProxyType(
    {
        "relevance": 0.40,
        "popularity": 0.20,
        "recency": 0.20,
        "documentation": 0.10,
        "openness": 0.10,
    }
)
#: Taken off for an archived repository: nobody is there to collaborate with.
ARCHIVED_PENALTY = 0.20
#: What a word of the query is worth by where it is found; the best place counts.
PLACES: Mapping[str, float] = MappingProxyType({"name": 1.0, "description": 0.8, "keywords": 0.6})
#: Bytes of README from which documentation counts in full.
README_FULL_BYTES = 5_000


class SignalInputs(Struct, frozen=True):
    """All that the score depends on; stored beside it so that it can be computed again.

    relevance is from 0 to 1, as `relevance_of` returns it; days_since_push is None where GitHub
    does not know of a push; readme_bytes is 0 without a README.
    """

    relevance: float
    stars: int
    days_since_push: int | None
    readme_bytes: int
    has_license: bool
    archived: bool


def score_signals(inputs: SignalInputs) -> Score:
    """Return the score of a repository under `POLICY`, from 0 to 1."""
    days = inputs.days_since_push
    values = {
        "relevance": inputs.relevance,
        "popularity": min(1.0, math.log1p(inputs.stars) / math.log1p(STARS_FULL)),
        "recency": 0.0 if days is None else max(0.0, 1.0 - days / DAYS_STALE),
        "documentation": min(1.0, inputs.readme_bytes / README_FULL_BYTES),
        "openness": float(inputs.has_license),
    }
    components = {name: weight * values[name] for name, weight in WEIGHTS.items()}
    if inputs.archived:
        components["archived"] = -ARCHIVED_PENALTY
    total = 0.0
    for part in components.values():
        total += part
    return Score(round(min(1.0, max(0.0, total)), DECIMALS), components)


def relevance_of(
    query: str, *, full_name: str, topics: Iterable[str], description: str, keywords: Iterable[str]
) -> float:
    """Return how much of a query a repository is about: the mean over the query's words.

    A word counts by the best place where it stands, see `PLACES`; topics count as the name does.
    """
    asked = _words([query])
    asked = [word for word in asked if word not in STOP_WORDS] or asked
    if not asked:
        return 0.0
    places = {
        "name": set(_words([full_name.rpartition("/")[2].replace("-", " "), *_spaced(topics)])),
        "description": set(_words([description.replace("-", " ")])),
        "keywords": set(_words(_spaced(keywords))),
    }
    worth = [
        max((PLACES[place] for place, words in places.items() if word in words), default=0.0)
        for word in asked
    ]
    return round(sum(worth) / len(worth), DECIMALS)


def _spaced(texts: Iterable[str]) -> list[str]:
    return [text.replace("-", " ") for text in texts]


def _words(texts: Iterable[str]) -> list[str]:
    """Return the different words of texts in their singular, in their order."""
    words = (word for text in texts for word in normalise_keyword(text).split())
    return list(dict.fromkeys(singular(word) for word in words))
