"""What to search for in the field of a repository, where nobody has said it.

GitHub finds what has every word of a query, so few words are best: those of one topic, or of what
the description calls the project. The same repository gives the same words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tasks.search.widening import PLATFORMS
from tasks.sources.payload import RepositoryPayload
from tasks.text.keywords import STOP_WORDS, normalise_keyword

#: Words of a derived query.
MAX_WORDS = 2
_WORD = re.compile(r"[^\W_][\w+#.]*")
#: Where the description goes on from what the project is to what it is for.
_END_OF_NAME = re.compile(
    r"[,;:.!?()–—|](?:\s|$)|\s-\s|\b(?:as|at|by|from|for|in|into|of|on|over|that|to|using|via"
    r"|which|with|without|written)\b",
    re.IGNORECASE,
)
#: Topics that say where or how, and not what.
_NO_SUBJECTS = STOP_WORDS | frozenset(
    re.findall(
        r"\S+",
        """api beginner-friendly cli fast hacktoberfest help-wanted lightweight modern new open
        oss production simple small your""",
    )
)


def own_query(repo: RepositoryPayload) -> tuple[str, str]:
    """Return a few words for a repository's field, and what they were taken from.

    A topic is best: the one that most of the description and name speaks of, of several words
    before one of a single. Without topics that say what it is about, the words that the
    description names the project by; else its name.
    """
    said = _words(f"{repo.description or ''} {repo.full_name.rpartition('/')[2]}")
    topics = list(_subjects(repo))
    if topics:
        best = max(topics, key=lambda words: (len(set(words) & set(said)), min(len(words), 2)))
        return " ".join(best[:MAX_WORDS]), "a topic"
    named = _named(repo.description or "")
    if named:
        return " ".join(named), "the description"
    return " ".join(_words(repo.full_name.rpartition("/")[2])) or "projects", "the name"


def _subjects(repo: RepositoryPayload) -> Iterator[list[str]]:
    language = normalise_keyword(repo.language or "")
    own = {normalise_keyword(part) for part in repo.full_name.split("/")}
    for topic in sorted({normalise_keyword(one) for one in repo.topics}):
        words = _words(topic)
        if topic in own | {language} or set(words) <= PLATFORMS | _NO_SUBJECTS | {language}:
            continue
        if words:
            yield words


def _named(description: str) -> list[str]:
    """Return the last words of the first phrase that names something: English has them there."""
    for phrase in _END_OF_NAME.split(description):
        words = [word for word in _words(phrase) if word not in _NO_SUBJECTS]
        if words and len(words[0]) < 40:
            return words[-MAX_WORDS:]
    return []


def _words(text: str) -> list[str]:
    plain = normalise_keyword(text).replace("-", " ").replace(".", " ")
    return _WORD.findall(plain)
