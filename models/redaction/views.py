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
_HEX = "[0-9A-Fa-f]"
# One character in UTF-8, each byte of which is escaped in the same way.
_OF_BYTES = "|".join(
    rf"{mark}[CDcd]{_HEX}{mark}[89ABab]{_HEX}"
    rf"|{mark}[Ee]{_HEX}(?:{mark}[89ABab]{_HEX}){{2}}|{mark}[Ff][0-4](?:{mark}[89ABab]{_HEX}){{3}}"
    for mark in ("%", r"\\{1,16}x")
)
_ESCAPED = lazy(
    rf"{_OF_BYTES}|\\3[0-7]{{2}}(?:\\2[0-7]{{2}}){{1,3}}"
    r"|%[0-9A-Fa-f]{2}"
    r"|&(?:\#[0-9]{1,7}|\#[xX][0-9A-Fa-f]{1,6}|[a-zA-Z]{2,20});"
    r"|\\{1,16}(?:u\{[0-9A-Fa-f]{1,6}\}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|x[0-9A-Fa-f]{2})"
    r"|\\[01][0-7]{2}"
)
# Of the bytes above: in their hexadecimal or octal digits.
_BYTE = lazy(r"[%x]([0-9A-Fa-f]{2})|\\([0-7]{3})")
# What has no width, in UTF-8 that was read as Latin-1 or as Windows reads it: â€‹, ï»¿, Â\xad.
_MISREAD = lazy("|".join(sorted(
    {
        f"{character.encode()[:-1].decode(page, 'ignore')}{last}"
        for character in "\u00ad\u200b\u200c\u200d\u200e\u200f\u202d\u202e\u2060\ufe0f\ufeff"
        for page in ("latin-1", "cp1252")
        for last in {character.encode()[-1:].decode(page, "ignore"), chr(character.encode()[-1])}
        if last
    }
)))  # fmt: skip
_MISREAD_BEGINS = (
    "\u00e2\u20ac",
    "\u00e2\u0080",
    "\u00e2\u0081",
    "\u00ef\u00b8",
    "\u00ef\u00bb",
    "\u00c2\u00ad",
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
        seen = _rewritten(view, _MISREAD, _nothing) if _may_be_misread(view.text) else view
        bare = _rewritten(seen, _STRANGE, _bare)
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
    elif _STRANGE.search(text) or _may_be_misread(text):
        return False
    may_be_escaped = "%" in text or "&" in text or "\\" in text
    return not (may_be_escaped and _ESCAPED.search(text))


def _may_be_misread(text: str) -> bool:
    return not text.isascii() and any(begins in text for begins in _MISREAD_BEGINS)


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
    several = _BYTE.findall(escape) if escape[0] != "&" else ()
    if len(several) > 1:
        return _of_bytes(escape, several)
    if escape[0] == "&" and escape[1] != "#":
        from html import unescape  # here: its tables cost every process, and few texts need them

        character = unescape(escape)
    else:
        character = _numbered(escape)
    if len(character) != 1:
        return escape if character else ""
    return character if character.isascii() or _STRANGE.match(character) else escape


def _numbered(escape: str) -> str:
    """Return the character whose number an escape tells; empty where there is none."""
    if escape[0] == "&":
        digits = escape[2:-1]
        code = int(digits[1:], 16) if digits[0] in "xX" else int(digits)
    elif escape[1:].isdecimal() and escape[0] == "\\":
        code = int(escape[1:], 8)
    else:
        code = int(escape.lstrip("\\").lstrip("%uUx").strip("{}"), 16)
    return chr(code) if code < 0x110000 else ""


def _of_bytes(escape: str, several: list[tuple[str, str]]) -> str:
    """Return what is not seen and stands in the bytes of some escapes; else these as they are."""
    data = bytes(int(octal, 8) if octal else int(digits, 16) for digits, octal in several)
    character = data.decode("utf-8", "replace")
    return character if len(character) == 1 and _STRANGE.match(character) else escape
