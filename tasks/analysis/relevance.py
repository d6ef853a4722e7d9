"""How much each repository of a run is about the query: by its words, and by meaning.

The mean of two ranks among the run's repositories: of BM25F over its texts, and of the likeness of
the query to what the project is, where there are embeddings. What a model says of a project alone
knows nothing of the query.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict

from tasks.embeddings.exact import product, quantised, ranks
from tasks.kinds.project import Project
from tasks.text.plain import telling_line, telling_words

#: What a word counts for by where it stands: a name is chosen with care, a README says everything.
FIELDS: Mapping[str, float] = MappingProxyType(
    {
        "name": 3.0,
        "topics": 3.0,
        "keywords": 3.0,
        "description": 2.0,
        "summary": 2.0,
        "readme": 1.0,
    }
)
#: How soon more of the same word stops to count, and how much long texts count less.
SATURATION = 1.2
LENGTH = 0.75
#: What is no project to build with counts half.
LEFT_OUT_FACTOR = 0.5
_DECIMALS = 4
_EXACT = 1_000_000


class Relevance(Struct, frozen=True):
    """How much a repository is about the query, 0 to 1, and what that was computed from.

    `words` and `meaning` are ranks, 0 to 1, among `compared` repositories; `meaning` is None
    without embeddings.
    """

    score: float
    words: float
    meaning: float | None
    left_out: bool
    compared: int

    @property
    def components(self) -> dict[str, float]:
        """Return the parts that add up to the score, but for its rounding."""
        parts = {"words": self.words, "meaning": self.meaning}
        known = {name: value for name, value in parts.items() if value is not None}
        share = (LEFT_OUT_FACTOR if self.left_out else 1.0) / len(known)
        return {name: value * share for name, value in known.items()}

    def to_dict(self) -> dict[str, Any]:
        """Return what is stored of it."""
        return asdict(self)


def rated(words: float, meaning: float | None, *, left_out: bool, compared: int) -> Relevance:
    """Return the score that ranks come to; the one place where it is rounded."""
    parts = Relevance(0.0, words, meaning, left_out, compared).components
    score = round(math.fsum(parts.values()), _DECIMALS)
    return Relevance(score, words, meaning, left_out, compared)


def texts_to_embed(projects: Sequence[Project], query: str) -> list[str]:
    """Return the different texts that `relevance` needs a vector of, sorted."""
    return sorted({query, *map(_about, projects)})


def relevance(
    projects: Sequence[Project],
    query: str,
    vectors: Mapping[str, Sequence[float]] | None,
    left_out: frozenset[str] = frozenset(),
) -> dict[str, Relevance]:
    """Return each one's relevance, by full name; the order of `projects` does not matter.

    Args:
        projects: Those that are compared.
        query: What the person looks for, in words.
        vectors: The unit vector of each text that `texts_to_embed` names, or None.
        left_out: Those that are no project to build with.
    """
    by_words = ranks([round(value * _EXACT) for value in bm25f(projects, query)])
    by_meaning: Sequence[float | None] = [None] * len(projects)
    if vectors:
        exact = quantised(vectors)
        by_meaning = ranks([product(exact[query], exact[_about(one)]) for one in projects])
    return {
        one.full_name: rated(
            round(words, _DECIMALS + 2),
            None if meaning is None else round(meaning, _DECIMALS + 2),
            left_out=one.full_name in left_out,
            compared=len(projects),
        )
        for one, words, meaning in zip(projects, by_words, by_meaning, strict=True)
    }


def bm25f(projects: Sequence[Project], query: str) -> list[float]:
    """Return BM25 over weighted fields; a phrase of several words in order is one more word."""
    words = telling_words(query)
    asked = list(dict.fromkeys(words))
    terms = [*asked, *([" ".join(words)] if len(asked) > 1 else [])]
    lines = [_lines(one) for one in projects]
    sizes = [{name: _size(line) for name, line in line_of.items()} for line_of in lines]
    means = {name: sum(size[name] for size in sizes) / max(1, len(sizes)) or 1.0 for name in FIELDS}
    counts = [_count(line, size, terms, means) for line, size in zip(lines, sizes, strict=True)]
    holders = Counter(term for count in counts for term in count)
    total = len(projects)
    rarity = {
        term: math.log(1 + (total - held + 0.5) / (held + 0.5)) for term, held in holders.items()
    }
    return [
        math.fsum(
            rarity[term] * value * (SATURATION + 1) / (value + SATURATION)
            for term, value in count.items()
        )
        for count in counts
    ]


def _count(
    lines: Mapping[str, str],
    sizes: Mapping[str, int],
    terms: Sequence[str],
    means: Mapping[str, float],
) -> dict[str, float]:
    """Return how often terms stand in a repository's fields, weighted, long fields less."""
    count: dict[str, float] = {}
    for name, weight in FIELDS.items():
        line = f" {lines[name]} "
        for term in terms:
            if hits := line.count(f" {term} "):
                shortened = 1 - LENGTH + LENGTH * sizes[name] / means[name]
                count[term] = count.get(term, 0.0) + weight * hits / shortened
    return count


def _lines(one: Project) -> dict[str, str]:
    """Return the telling words of each field, with single blanks between them."""
    short = {
        "name": one.name,
        "topics": " ; ".join(one.topics),
        "keywords": " ; ".join(one.keywords),
        "description": one.description,
        "summary": one.summary,
    }
    lines = {name: _short_line(text) for name, text in short.items()}
    return lines | {"readme": telling_line(one.readme)}


@lru_cache(maxsize=1024)  # the second pass compares the first one's again
def _short_line(text: str) -> str:
    return " ".join(telling_words(text))


def _size(line: str) -> int:
    return line.count(" ") + 1 if line else 0


def _about(one: Project) -> str:
    words = ", ".join((*one.keywords, *one.topics))
    return f"{one.name}: {one.description}. {one.summary} {words}"
