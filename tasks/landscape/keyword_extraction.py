"""A repository's keywords: its topics, and the phrases that stand out in its own words."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Sequence

from models.text.clean import clean_text
from tasks.text.extractor import LIBRARY, extractor
from tasks.text.keywords import STOP_WORDS, normalise_keywords, singular
from tasks.text.prose import prose_of

logger = logging.getLogger(__name__)

KEYWORDS_MAX = 20
#: Topics are their owners' own choice, but some owners choose twenty.
TOPICS_MAX = 8
KEYWORD_MAX_CHARACTERS = 40
#: The longest word of a script that puts no blanks between words, such as Chinese.
UNSPACED_MAX_CHARACTERS = 8
_UNSPACED = "\u2e80"
#: Phrases that are looked at; most READMEs have more headings than ideas.
_CANDIDATES = 60
_DECIMALS = 6
#: What READMEs talk about besides their projects.
_README_WORDS = frozenset(
    re.findall(
        r"\S+",
        """about acknowledgement alt api argument author badge basic branch bug build built call
        called change changelog check citation clone code-block coming command commit community
        config configuration contact contribute contributing contribution contributor copyright
        coverage credit custom default demo dependency detail discord doc documentation download
        easy enable example false faq fast feature fewer file follow following from full getting
        guide help high html http https image info information inside install installation
        installed installing introduction issue latest learn license licensed link list mailing
        main make many method mit more new next note null option overview page param parameter pip
        please provide provided pull quick quickstart read readme redacted release report request
        require required requirement return returned returning returns review roadmap run running
        sample screenshot script section security see set setup simple site slack sponsor star
        start started status step string support supported supports table task test testing thank
        todo troubleshooting true tutorial twitter type undefined update usage use used user using
        value version versioning via want warning way website welcome wiki work working www your""",
    )
)
#: Long runs of these are more than the library's own sentence splitter can stand.
_BRACKETS = re.compile(r"[\[\]{}()<>'\"`´‘’“”|\\]+")
_LETTER = re.compile(r"[^\W\d_]")


def extract_keywords(
    readme: str | None, description: str, topics: Sequence[str], language: str | None = None
) -> list[str]:
    """Return a repository's keywords in their normal form, best first; at most `KEYWORDS_MAX`.

    The same texts give the same keywords, in every process.

    Args:
        readme: Its text; None where there is none.
        description: One line, from GitHub.
        topics: As GitHub lists them.
        language: What it is written in; thousands of repositories share that, so it tells nothing.

    Raises:
        ConfigError: The library is not installed.
    """
    # Redacted first: in its normal form a keyword hides a secret from the redactor.
    about = clean_text(description).rstrip(".")
    chosen = _telling(clean_text(topic).replace("-", " ") for topic in topics)[:TOPICS_MAX]
    own_words = _telling(_phrases(f"{about}.\n\n{prose_of(readme or '')}"))
    # A single word out of a text is mostly too general: where there are topics, these tell better.
    chosen += [word for word in own_words if " " in word] if chosen else own_words
    written_in = {(language or "").lower(), f"{language}lang".lower()}
    return [word for word in _different(chosen) if word not in written_in][:KEYWORDS_MAX]


def _phrases(text: str) -> list[str]:
    """Return the phrases that stand out in a text, best first; none if the library gives up."""
    try:
        found = extractor().get_n_best(_BRACKETS.sub(" ", text), n=_CANDIDATES)
    except BaseException as exc:  # a panic of native code is no Exception
        if type(exc).__name__ != "PanicException":
            raise
        logger.warning("%s cannot read a text; its keywords are its topics alone.", LIBRARY)
        return []
    ranked = sorted(found, key=lambda one: (round(one[1], _DECIMALS), one[0]))
    return [phrase for phrase, _ in ranked]


def _telling(phrases: Iterable[str]) -> list[str]:
    return [keyword for keyword in normalise_keywords(phrases) if _tells_something(keyword)]


def _tells_something(keyword: str) -> bool:
    if len(keyword) > KEYWORD_MAX_CHARACTERS or not _LETTER.search(keyword):
        return False
    words = keyword.split()
    boilerplate = _README_WORDS | STOP_WORDS
    told = [word for word in words if word not in boilerplate and singular(word) not in boilerplate]
    # "fast search" says no more than "search" does: every word must count, and only once.
    return len(told) == len(set(words)) <= 3 and all(map(_is_word, words))


def _is_word(word: str) -> bool:
    """Say whether this can be one word; scripts without blanks come in whole sentences."""
    return len(word) > 1 and (len(word) <= UNSPACED_MAX_CHARACTERS or word < _UNSPACED)


def _different(keywords: Iterable[str]) -> list[str]:
    """Return the first of the keywords that differ only by a plural."""
    first: dict[str, str] = {}
    for keyword in keywords:
        first.setdefault(singular(keyword), keyword)
    return list(first.values())
