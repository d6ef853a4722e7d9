"""Keywords: their normal form, and which of them a run's best repositories share."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

from msgspec import Struct

#: Words that say nothing about what a project is for.
STOP_WORDS = frozenset(
    re.findall(
        r"\S+",
        """a an and app application awesome based build code develop developer developers
        development for framework free github in library of on open opensource open-source or
        package project repository software source the to tool toolkit tooling using utility
        with""",
    )
)
#: Letters of any script, digits, and what stands in names like c++, c#, node.js or full-text.
_OTHER = re.compile(r"[^\w+#.\-]+|_+")
_EDGES = " .-"


def normalise_keyword(text: str) -> str:
    """Return a keyword in lower case, without what a search query would read as syntax.

    Empty where nothing is left of it. Normalising twice changes nothing.
    """
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).lower())
    words = (word.strip(_EDGES) for word in _OTHER.sub(" ", plain).split())
    return " ".join(word for word in words if word)


def normalise_keywords(texts: Iterable[str]) -> list[str]:
    """Return the different normal forms of keywords, in their order."""
    return list(dict.fromkeys(word for word in map(normalise_keyword, texts) if word))


@lru_cache(maxsize=50_000)
def singular(keyword: str) -> str:
    """Return what a keyword's spellings have in common; a key to compare by, not a word.

    Its plural is the same, and so is the form in which its words are joined by hyphens.
    """
    if keyword.isalnum():  # most are one word, and there are many
        return _singular_word(keyword)
    return " ".join(_singular_word(word) for word in keyword.replace("-", " ").split())


def _singular_word(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


class ScoredRepo(Struct, frozen=True):
    """A repository with its final score and normalised keywords."""

    full_name: str
    score: float
    keywords: Sequence[str]


class WeightedKeyword(Struct, frozen=True):
    """A keyword, the sum of the scores of the repositories that have it, and their names."""

    keyword: str
    weight: float
    repos: Sequence[str]


def aggregate(repos: Sequence[ScoredRepo], query: str, limit: int) -> list[WeightedKeyword]:
    """Return the heaviest keywords over `repos`, by weight and then by name.

    Forms that differ only by a plural count as one, which is shown in the form that most
    repositories use. Left out are keywords with no other words than the query's and stop words.

    Args:
        repos: The best repositories; their order does not matter.
        query: What the person searched for.
        limit: How many keywords to keep.
    """
    known = STOP_WORDS | {singular(word) for word in normalise_keyword(query).split()}
    holders: dict[str, dict[str, float]] = {}
    forms: dict[str, list[str]] = {}
    for repo in sorted(repos, key=lambda repo: (-repo.score, repo.full_name)):
        for keyword in repo.keywords:
            key = singular(keyword)
            if not set(key.split()) <= known:
                holders.setdefault(key, {})[repo.full_name] = repo.score
                forms.setdefault(key, []).append(keyword)
    weighted = [
        WeightedKeyword(_usual(forms[key]), round(sum(scores.values()), 6), sorted(scores))
        for key, scores in holders.items()
    ]
    return sorted(weighted, key=lambda one: (-one.weight, one.keyword))[:limit]


def _usual(forms: Sequence[str]) -> str:
    return min(set(forms), key=lambda form: (-forms.count(form), form))
