r"""The ways to read a text in which something hidden may break a secret apart.

A zero-width space, a NUL or a colour inside a token hides it from every rule, and so do the escapes
`\u0067`, `%5F` and `&#95;`. A text is therefore searched as it stands, without what a reader does
not see, and decoded; what is found is masked at its place in the text as it stands.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections.abc import Callable, Iterator

from msgspec import Struct

from models.redaction.lazy import lazy
from models.text.invisible import ESCAPE_SEQUENCE, INVISIBLE

Rewrite = Callable[[str], str]

# Escapes inside escapes, such as `%2567`, are followed this far.
_MAX_DECODINGS = 3

_ASCII_HIDDEN = lazy("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SEQUENCE = lazy(ESCAPE_SEQUENCE, re.VERBOSE)
# Beside what is invisible: accents that stand alone, and letters that only look different.
_STRANGE = lazy(f"[{INVISIBLE}\u0300-\u036f\ufe0f\uff01-\uff5e\U0001d400-\U0001d7ff]")
_LINE_END = "\n\r\x0b\x0c\x1c\x1d\x1e\x85"
_ESCAPED = lazy(
    r"%[0-9A-Fa-f]{2}"
    r"|&(?:\#[0-9]{1,7}|\#[xX][0-9A-Fa-f]{1,6}|[a-zA-Z]{2,20});"
    r"|\\{1,16}(?:u\{[0-9A-Fa-f]{1,6}\}|u[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2})"
)


class View(Struct, frozen=True):
    """A text as it may be read.

    Attributes:
        text: What is searched.
        starts: Where each character begins in the text as it stands; None where this is that text.
        ends: Where each character ends there: a character may stand for a whole escape.
    """

    text: str
    starts: array[int] | None = None
    ends: array[int] | None = None

    def original(self, span: tuple[int, int]) -> tuple[int, int]:
        """Return where a span of this view that is not empty stands in the text as it stands."""
        if self.starts is None or self.ends is None:
            return span
        return self.starts[span[0]], self.ends[span[1] - 1]


def views_of(text: str) -> Iterator[View]:
    """Yield the text as it stands, then every other way to read it that differs."""
    view = View(text)
    yield view
    if is_plain(text):
        return
    for _ in range(_MAX_DECODINGS + 1):
        # A title that a terminal would not show in the text is looked at as well.
        bare = _rewritten(view, _STRANGE, _bare)
        if bare is not view:
            yield bare
        if _SEQUENCE.search(view.text):
            yield _rewritten(_rewritten(view, _SEQUENCE, _nothing), _STRANGE, _bare)
        decoded = _rewritten(view, _ESCAPED, _decoded)
        if decoded.text == view.text:
            return
        yield decoded
        view = decoded


def is_plain(text: str) -> bool:
    """Say whether there is one way only to read a text."""
    if text.isascii():
        if not text.isprintable() and _ASCII_HIDDEN.search(text):
            return False
    elif _STRANGE.search(text):
        return False
    may_be_escaped = "%" in text or "&" in text or "\\" in text
    return not (may_be_escaped and _ESCAPED.search(text))


def _rewritten(view: View, pattern: re.Pattern[str], rewrite: Rewrite) -> View:
    """Return a view in which every match is replaced by at most one character."""
    text = view.text
    if not pattern.search(text):
        return view
    starts = view.starts or array("I", range(len(text)))
    ends = view.ends or array("I", range(1, len(text) + 1))
    parts: list[str] = []
    new_starts, new_ends = array("I"), array("I")
    done = 0
    for match in pattern.finditer(text):
        start, end = match.span()
        shown = rewrite(match.group())
        if shown == match.group():
            continue
        parts += (text[done:start], shown)
        new_starts += starts[done:start]
        new_ends += ends[done:start]
        if shown:
            new_starts.append(starts[start])
            new_ends.append(ends[end - 1])
        done = end
    parts.append(text[done:])
    return View("".join(parts), new_starts + starts[done:], new_ends + ends[done:])


def _bare(character: str) -> str:
    """What a strange character stands for: nothing, an end of a line, or a plain letter."""
    if character in _LINE_END:
        return "\n"
    plain = unicodedata.normalize("NFKC", character)
    return plain if len(plain) == 1 and plain.isascii() and plain.isprintable() else ""


def _nothing(_: str) -> str:
    return ""


def _decoded(escape: str) -> str:
    """What an escape stands for, if that is one ASCII character or is not seen."""
    if escape[0] == "&":
        from html import unescape  # here: its tables cost every process, and few texts need them

        character = unescape(escape)
    else:
        digits = escape.lstrip("\\").lstrip("%ux").strip("{}")
        code = int(digits, 16)
        character = chr(code) if code < 0x110000 else ""
    if len(character) != 1:
        return escape if character else ""
    return character if character.isascii() or _STRANGE.match(character) else escape
