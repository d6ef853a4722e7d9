"""GitHub's search query: what a person typed, as plain words, and the run's qualifiers."""

from __future__ import annotations

import re
from datetime import date

from models.errors import InputError

#: A phrase in quotes, or a word.
_TOKEN = re.compile(r'"([^"]*)"|([^\s"]+)')
#: What GitHub would read as syntax: a qualifier, an operator, a group.
_SYNTAX = re.compile(r"[:()<>=]|\A(?:AND|OR|NOT)\Z|\A-", re.IGNORECASE)


def plain_terms(text: str) -> str:
    """Return `text` as words and phrases that GitHub can only read as words and phrases.

    Every qualifier that Scout offers has an option of its own, so that stored arguments say all
    there is to say about a search. What looks like a qualifier or an operator (`stars:>1`, `OR`,
    `-word`) is therefore searched for as quoted text, and not obeyed. Phrases that came in quotes
    stay phrases; a quote without its partner is dropped.
    """
    terms = []
    for phrase, word in _TOKEN.findall(text):
        term = " ".join((phrase or word).split())
        if term:
            terms.append(f'"{term}"' if phrase or _SYNTAX.search(term) else term)
    return " ".join(terms)


def build_query(
    terms: str,
    *,
    stars_min: int,
    stars_max: int | None,
    pushed_since: date,
    lang: str | None,
    include_forks: bool,
) -> str:
    """Return the query string of one repository search.

    Args:
        terms: What to look for; qualifiers in it are quoted, see `plain_terms`.
        stars_min: Fewest stars.
        stars_max: Most stars, or None for no limit.
        pushed_since: The earliest day of the last push.
        lang: GitHub's name of the main language, or None for all.
        include_forks: Whether forks are found as well.

    Raises:
        InputError: Nothing is left of `terms`.
    """
    words = plain_terms(terms)
    if not words:
        raise InputError(f"--query {terms!r} has no words to search for.", "Say what to look for.")
    stars = f">={stars_min}" if stars_max is None else f"{stars_min}..{stars_max}"
    parts = [
        words,
        "in:name,description,readme",
        f"stars:{stars}",
        f"pushed:>={pushed_since.isoformat()}",
        "archived:false",
        f"fork:{'true' if include_forks else 'false'}",
    ]
    if lang is not None:
        parts.append(f'language:"{lang}"' if " " in lang else f"language:{lang}")
    return " ".join(parts)
