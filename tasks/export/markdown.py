"""Hostile text as Markdown that says the same and does nothing.

Two rules are enough. Characters that Markdown gives a meaning are escaped. Words that a renderer
may turn into something live on its own (addresses, `@mentions`, `#123`) are set as code: an escape
does not help there, because renderers look for such words in the finished text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from models.text.clean import clean_text

_FULL_NAME = re.compile(r"([A-Za-z0-9][A-Za-z0-9_-]{0,63})/([A-Za-z0-9._-]{1,100})")

#: A word, for the purpose of finding links: no address goes across these characters.
_WORD = re.compile(r"[^\s`|<>\\\"()\[\]{},;]+")
_TRAILING = ".:!?'*_~"
_LIVE = re.compile(
    r"""
      @ | // | \$                        # mentions, e-mail; addresses; mathematics
    | www\. | localhost
    | \.[^\W\d_]{2} | \.\d+\.\d+\.\d     # example.com; 127.0.0.1
    | \#\d | \bgh-\d                     # issues
    | :[\w+-]+:                          # emoji names
    | ^(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{7,40}$   # commits
    """,
    re.VERBOSE | re.IGNORECASE,
)
#: A line of plain words, as most are, in which nothing can be live or special: no list begins
#: with a number, no address has a dot, and no emoji a colon.
_HARMLESS = re.compile(
    r"(?!\d+[.)]|.*(?:localhost|www|gh-\d|[0-9a-f]{7}))[a-z0-9]"
    r"(?:[a-z0-9 ,;'\"()!?%+“”‘’–—…·-]|/(?!/)|:(?= |\Z)|\.(?= |\Z|\d(?!\d*\.\d+\.\d)))*+",
    re.IGNORECASE,
)
_SPECIAL = re.compile(r"[\\`*\[\]{}<>&|~]|(?<![^\W_])_|_(?![^\W_])")
_SPECIAL_AS = {"`": "&#96;", "<": "&lt;", ">": "&gt;", "&": "&amp;", "|": "&#124;"}
_LINE_START = re.compile(r"(\d{1,9})([.)])(?=\s|$)|([#+=:-])")


def inline(text: str, max_length: int | None = None) -> str:
    """Return `text` as one line of Markdown without any markup or link of its own.

    Args:
        text: Any text, from anywhere.
        max_length: Longest text in characters, counted before it is escaped.
    """
    return _escape_line(clean_text(text, max_length))


def cell(text: str, max_length: int | None = 200) -> str:
    """Return `text` for the cell of a table; an empty one is shown as a dash."""
    return inline(text, max_length) or "–"


def block(text: str, max_length: int | None = None) -> str:
    """Return `text` as paragraphs: its line ends are kept, and runs of empty lines become one."""
    cleaned = clean_text(text, max_length, keep_newlines=True)
    lines = [_escape_line(" ".join(line.split())) for line in cleaned.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


def is_full_name(full_name: str) -> bool:
    """Return whether this is a name that GitHub gives out, such as `owner/repository`."""
    match = _FULL_NAME.fullmatch(full_name)
    return match is not None and match[2] not in (".", "..")


def repo_link(full_name: str, web_url: str, place: str = "") -> str:
    """Return a link to a repository, built from its name alone; a bad name stays mere text.

    Args:
        full_name: The repository.
        web_url: The GitHub that has it, as Scout's settings say; never what an answer says.
        place: A part of it to link to in the place of its front page; a word of our own.
    """
    if not is_full_name(full_name):
        return inline(full_name, 150)
    shown = place or full_name.replace("_", chr(92) + "_")
    return f"[{shown}]({web_url}/{full_name}{f'/{place}' if place else ''})"


def some_of(words: Sequence[str], limit: int) -> str:
    """Return the first of some words as one line, and how many are not shown; a dash for none."""
    shown = inline(", ".join(words[:limit])) or "–"
    return f"{shown} and {len(words) - limit} more" if len(words) > limit else shown


def table(header: list[str], rows: list[list[str]], numeric: frozenset[int] = frozenset()) -> str:
    """Return a table from finished cells; columns whose index is in `numeric` align right."""
    rule = ["---:" if index in numeric else "---" for index in range(len(header))]
    return "\n".join("| " + " | ".join(row) + " |" for row in [header, rule, *rows])


def _escape_line(line: str) -> str:
    """Return one line, without blanks at its ends, with every word made harmless."""
    if not line or _HARMLESS.fullmatch(line):
        return line
    return _escape_words(line)


@lru_cache(maxsize=512)  # licences, names of policies and dates stand in many places
def _escape_words(line: str) -> str:
    parts: list[str] = []
    end = 0
    for match in _WORD.finditer(line):
        word, gap = match[0], line[end : match.start()]
        parts += (gap if gap == " " else _escape(gap), word if _is_plain(word) else _word(word))
        end = match.end()
    escaped = "".join(parts) + _escape(line[end:])
    start = _LINE_START.match(escaped)
    return _escape_start(start) + escaped[start.end() :] if start else escaped


def _is_plain(word: str) -> bool:
    """Say whether a word is one of letters, as most are, which nothing makes live or special."""
    return word.isalpha() and word.isascii() and "localhost" not in word.lower()


def _word(word: str) -> str:
    head = word.rstrip(_TRAILING)
    if not head or not (_LIVE.search(word) or _LIVE.search(head)):
        return _escape(word)
    return f"`{head}`{_escape(word[len(head) :])}"


def _escape(text: str) -> str:
    return _SPECIAL.sub(lambda match: _SPECIAL_AS.get(match[0], "\\" + match[0]), text)


def _escape_start(match: re.Match[str]) -> str:
    number, dot, mark = match.groups()
    return f"\\{mark}" if mark else f"{number}\\{dot}"
