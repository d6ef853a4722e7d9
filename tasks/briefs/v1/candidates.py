"""What grouping knows of a repository: its analysis and metadata, as sets that can be compared."""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec import Struct

from models.dao.analyses import AnalysesDao
from models.dao.repos import ReposDao
from models.text.canonical_json import loads
from tasks.text.keywords import singular

#: Only the best repositories are grouped: comparing all pairs grows with the square.
MAX_CANDIDATES = 250

_WORD = re.compile(r"[^\W_]+")
_STOP_WORDS = frozenset(
    ["a", "an", "and", "as", "by", "for", "from", "in", "of", "on", "or", "the", "to", "with"]
)


class Partner(Struct, frozen=True):
    """A repository with a valid analysis.

    `score` is the analysis's final score, 0..1. `provides` and `needs` are the words of what the
    project offers to others and wants from them.
    """

    full_name: str
    score: float
    language: str | None = None
    topics: frozenset[str] = frozenset()
    keywords: frozenset[str] = frozenset()
    surfaces: frozenset[str] = frozenset()
    provides: frozenset[str] = frozenset()
    needs: frozenset[str] = frozenset()
    maturity: str = ""
    summary: str = ""


def load_candidates(run_id: str) -> list[Partner]:
    """Return the best `MAX_CANDIDATES` repositories with a valid analysis, best first."""
    scored = [row[1:] for row in AnalysesDao.valid(run_id) if row[2] is not None]
    scored.sort(key=lambda row: (-row[1], row[0]))
    metadata = {one.full_name: (one.language, one.topics_json) for one in ReposDao.of_run(run_id)}
    return [
        _candidate(name, score, output_json, *metadata.get(name, (None, "[]")))
        for name, score, output_json in scored[:MAX_CANDIDATES]
    ]


def words_of(phrases: Iterable[str]) -> frozenset[str]:
    """Return the telling words of phrases, in lower case and mostly in the singular."""
    words = (word for phrase in phrases for word in _WORD.findall(phrase.casefold()))
    return frozenset(singular(word) for word in words if word not in _STOP_WORDS)


def _candidate(
    full_name: str, score: float, output_json: str, language: str | None, topics_json: str
) -> Partner:
    output = loads(output_json)
    signals = output["signals"]
    return Partner(
        full_name=full_name,
        score=score,
        language=language,
        topics=frozenset(topic.casefold() for topic in loads(topics_json)),
        keywords=frozenset(keyword.casefold() for keyword in output["keywords"]),
        surfaces=frozenset(signals["integration_surface"]),
        provides=words_of(signals["provides"]),
        needs=words_of(signals["needs"]),
        maturity=signals["maturity"],
        summary=output["summary"],
    )
