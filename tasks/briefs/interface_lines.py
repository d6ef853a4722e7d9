"""The line of a README that shows where a project can be reached: a command, an import, a call."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tasks.briefs.material import INTERFACES, README_MAX_CHARACTERS, StoredProject, comparable_words
from tasks.text.quotes import QUOTE_MIN_WORDS, Quotable, reader_form, word_count

#: A quote is as long as a model's may be.
_MAX_WORDS = 20
_MAX_CHARACTERS = 160
#: How a line begins by which a project is installed, imported or called.
_CALL = re.compile(
    r"\s*(?:[$>%]\s*)?(?:pipx?3?\s+install|uv\s+(?:add|pip|tool)|conda\s+install|npm\s+(?:i|install)\b"
    r"|npx\s|yarn\s+add|pnpm\s+add|cargo\s+(?:add|install)|go\s+(?:get|install)|docker\s+(?:run|pull)"
    r"|brew\s+install|gem\s+install|composer\s+require|helm\s+(?:install|repo)|curl\s|from\s+[\w.]+\s+import"
    r"|import\s+[\w{*]|const\s.*require\(|using\s+[\w.]+;|#include\s)"
)
_MARKS = re.compile(r"^[\s>*#+\-$%`]+|\*\*|`")
#: Stands in lines of tables, badges and HTML.
_NO_SENTENCE = re.compile(r"https?://|!\[|<\w+|\|")


def interface_line(project: StoredProject, wanted: frozenset[str]) -> str:
    """Return words that stand in a README or description and show an interface; "" without any.

    Args:
        project: Whose README it is.
        wanted: Words that a line had better hold, in the form of `comparable_words`.
    """
    quotable = Quotable(project.readme, project.description)
    own = comparable_words([project.full_name])
    best, worth = "", 0
    for line in _lines(project):
        words = comparable_words([line])
        told = 3 * bool(_CALL.match(line)) + 2 * bool(INTERFACES.search(line))
        told = told and told + bool(words & own) + min(2, len(words & wanted))
        if told > worth and quotable.holds(shown := _shown(line)):
            best, worth = shown, told
    return best


def _lines(project: StoredProject) -> Iterator[str]:
    yield from project.readme[:README_MAX_CHARACTERS].split("\n")
    yield project.description


def _shown(line: str) -> str:
    """Return the words of a line that a quote is made of; too few where it has no use as one."""
    if _NO_SENTENCE.search(line):
        return ""
    words = " ".join(_MARKS.sub("", line).split()[:_MAX_WORDS])
    if len(words) > _MAX_CHARACTERS:
        words = words[:_MAX_CHARACTERS].rpartition(" ")[0]
    return words if word_count(reader_form(words)) >= QUOTE_MIN_WORDS else ""
