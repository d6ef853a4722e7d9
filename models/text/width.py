"""How much room text takes on a terminal, and fitting it in: columns, not characters.

Escape codes of colours, which are ours, take none. What is foreign has been cleaned before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
#: A command that is there to be copied: broken into two lines it would be two commands.
_COMMAND = r"""
    (?: ^ | (?<=[:·]\ ) | (?<=\ \ ) )
    (?: \S*/ )? (?: scout | python[\d.]* | pipx? | uv | jq | chmod | dramatiq ) \  \S .*?
    (?= \.? (?: \ · | $ ) | [.;,)]\ )
"""
#: What is kept together, and the blanks between.
_PIECE = re.compile(rf"(?P<command>{_COMMAND})|(?P<blanks>\ +)|(?P<word>[^\ ]+)", re.VERBOSE)
#: Parts of a line that belong together, like commands that are of use next.
_PART = re.compile(r"(?P<blanks> +)|(?P<word>(?:[^ ]| (?![ ·]))+(?: ·(?= ))?)")
#: Columns of a line that is set in, so that a word or two fit.
_LEAST_COLUMNS = 30
#: Makes a picture, which is wide, of the narrow sign before it.
_PICTURE = "\ufe0f"


def width_of(text: str) -> int:
    """Return how many columns of a terminal a text takes, painted or not."""
    if "\x1b" in text:
        text = _COLOURS.sub("", text)
    if text.isascii():
        return len(text)
    return sum(map(_columns, text))


def cut(text: str, width: int) -> str:
    """Return plain `text` in at most `width` columns; what is cut ends with an ellipsis."""
    if width_of(text) <= width:
        return text
    return _fitting(text, max(0, width - 1)) + "…"


def pad(text: str, width: int, *, right: bool = False) -> str:
    """Return `text` filled up to `width` columns."""
    blanks = " " * max(0, width - width_of(text))
    return blanks + text if right else text + blanks


def wrapped(text: str, width: int | None, hang: int = 0) -> str:
    r"""Return `text` with each of its lines broken so that none is wider than `width`.

    Lines are broken where parts end that ` · ` divides, else between words, and between wide
    characters. A command, a path and an address are there to be copied, and stay whole, if need
    be beyond the width: the terminal breaks those, which does not add a line end.

    Args:
        text: Any number of lines, painted or not.
        width: The columns of the terminal; None leaves the text as it is.
        hang: How far the later lines of what was one line are set in.
    """
    if width is None or (text.isascii() and len(text) <= width):
        return text
    hang = hang if width - hang >= _LEAST_COLUMNS else 4
    return "\n".join(_wrapped_line(line, width, hang) for line in text.split("\n"))


def _wrapped_line(line: str, width: int, hang: int) -> str:
    if width_of(line) <= width:
        return line
    done, current, used, blanks = [], "", 0, ""
    for piece in _pieces(line, width - hang):
        if piece.isspace():
            blanks = piece
            continue
        columns = width_of(piece)
        if current.strip() and used + len(blanks) + columns > width:
            done.append(current)
            used = max(0, min(hang, width - columns))  # what stays whole may need more room
            current, blanks = " " * used, ""
        current += blanks + piece
        used += len(blanks) + columns
        blanks = ""
    return "\n".join([*done, current])


def _pieces(line: str, width: int) -> Iterator[str]:
    """Yield what a line is made of: what may not be broken, and the blanks between."""
    for part in _PART.finditer(line) if " · " in line else [None]:
        text = line if part is None else part.group()
        if part is not None and width_of(text) <= width:
            yield text
            continue
        for found in _PIECE.finditer(text):
            word = found["word"]
            if word is None or _stays_whole(word, width):
                yield found.group()
            else:
                yield from _broken(word, width)


def _broken(word: str, width: int) -> Iterator[str]:
    """Yield a word in pieces: a break may stand beside each wide character, or where it must."""
    piece = ""
    for char in word:
        together = width_of(piece + char)
        if piece and char not in "…。、，）」』”\ufe0f" and (
            _columns(char) == 2 or _columns(piece[-1]) == 2 or together > width
        ):  # fmt: skip
            yield piece
            piece = ""
        piece += char
    yield piece


def _stays_whole(word: str, width: int) -> bool:
    plain = _COLOURS.sub("", word).lstrip("'\"(")
    is_address = "://" in plain or plain[:1] in {"/", "~"} or plain.count("/") > 1
    return is_address or (plain.isascii() and len(plain) <= width)


def _fitting(text: str, width: int) -> str:
    used = 0
    for index, char in enumerate(text):
        used += _columns(char)
        if used > width:
            return text[:index]
    return text


def _columns(char: str) -> int:
    if char.isascii() or char == _PICTURE:
        return 1
    from unicodedata import category, east_asian_width

    if category(char) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if east_asian_width(char) in "WF" else 1
