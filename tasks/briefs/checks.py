"""Whether a brief is about its two projects, and about no other two: quotes, names, own words.

The schema says what an answer looks like (`tasks.prompts.brief_schema`); this says whether it is
worth showing. A brief names an interface of each member with words that stand there, says what each
gains, uses terms that are particular to each, and does not ask for what there is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from tasks.briefs.material import comparable_words
from tasks.prompts.brief_schema import BriefContent, RefusedBriefError
from tasks.text.quotes import QUOTE_MIN_WORDS, Quotable, reader_form, word_count

#: Particular words of each member that the text must use, where there are many times as many.
PARTICULAR_MIN = 2
_PARTICULAR_SHARE = 5
_PROBLEMS_MAX = 4
_EXAMPLES_MAX = 6
_ACKNOWLEDGED = re.compile(
    r"(?i)\b(?:already|aware|builds? on|current(?:ly)?|declined|document(?:s|ed|ation)"
    r"|earlier|exist\w*"
    r"|issues?|linked|links|mention\w*|names|previous\w*|requested|there is|today|tracked"
    r"|bereits|schon|bestehend\w*|déjà|existant\w*|ya|existente|già|al|bestaand\w*|já)\b|已|既に|すでに|#\d"
)


class Sides(Struct, frozen=True):
    """The stored texts of a group's members, by name.

    `quotable` lacks those that have no text. `words` are those of the text, `particular` the ones
    that few others use, in the form of `comparable_words`.
    """

    quotable: Mapping[str, Quotable]
    texts: Mapping[str, str]
    words: Mapping[str, frozenset[str]]
    particular: Mapping[str, frozenset[str]]


def check_brief(content: BriefContent, sides: Sides, already: Sequence[str]) -> BriefContent:
    """Return a brief with its members' names as they are spelled, if it may be shown.

    Args:
        content: An answer of the right shape.
        sides: What is known of each member.
        already: What is linked or was asked for before.

    Raises:
        RefusedBriefError: It may not; the text says what is missing, for the model to correct.
    """
    spelled = _spelled(content, sides)
    problems = [*_about_interfaces(spelled, sides), *_about_gains(spelled, sides)]
    problems += _about_words(spelled, sides)
    if already and not _ACKNOWLEDGED.search(spelled.outreach.body):
        problems.append(
            "`outreach.body` asks as if nothing were there; say what is already linked or was asked"
            f" for: {already[0]}"
        )
    if problems:
        raise RefusedBriefError("; ".join(problems[:_PROBLEMS_MAX]))
    return spelled


def _about_interfaces(content: BriefContent, sides: Sides) -> Iterator[str]:
    yield from _names("interfaces", [one.repo for one in content.interfaces], sides)
    for index, one in enumerate(content.interfaces):
        place, quotable = f"interfaces[{index}]", sides.quotable.get(one.repo)
        if one.repo not in sides.texts:
            continue
        if quotable is None:
            if one.quote:
                yield f"`{place}.quote` must be empty: {one.repo} has no text to quote"
        elif not quotable.holds(one.quote) and _is_quotable(sides.texts[one.repo]):
            yield (
                f"`{place}.quote` does not stand in the README of {one.repo}: quote at least"
                f" {QUOTE_MIN_WORDS} words of it, word for word"
            )
        elif sides.words[one.repo].isdisjoint(comparable_words([one.interface])):
            yield f"`{place}.interface` names nothing that the README of {one.repo} names"


def _about_gains(content: BriefContent, sides: Sides) -> Iterator[str]:
    yield from _names("gains", [one.repo for one in content.gains], sides)


def _names(place: str, named: Sequence[str], sides: Sides) -> Iterator[str]:
    for name in sides.texts:
        if name not in named:
            yield f"`{place}` has nothing about {name}"
    for name in named:
        if name not in sides.texts:
            yield f"`{place}` is about {name!r}, which is none of the projects"


def _about_words(content: BriefContent, sides: Sides) -> Iterator[str]:
    """Yield what is not said of each member in words of its own; quotes and names do not count."""
    said = comparable_words(
        [
            content.title,
            content.pitch,
            content.first_step,
            *(one.interface for one in content.interfaces),
            *(one.gain for one in content.gains),
        ]
    )
    for name, words in sides.particular.items():
        wanted = min(PARTICULAR_MIN, len(words) // _PARTICULAR_SHARE)
        if len(said & words) < wanted:
            text = sides.texts[name]
            frequent = sorted(words, key=lambda word: (-text.casefold().count(word), word))
            yield (
                f"it could be about any project in the place of {name}: use terms of its README,"
                f" such as {', '.join(frequent[:_EXAMPLES_MAX])}"
            )


def _is_quotable(text: str) -> bool:
    return word_count(reader_form(text)) >= QUOTE_MIN_WORDS


def _spelled(content: BriefContent, sides: Sides) -> BriefContent:
    known = {name.casefold(): name for name in sides.texts}

    def spelled(name: str) -> str:
        return known.get(name.casefold(), name)

    return replace(
        content,
        interfaces=[replace(one, repo=spelled(one.repo)) for one in content.interfaces],
        gains=[replace(one, repo=spelled(one.repo)) for one in content.gains],
    )
