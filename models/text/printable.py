"""Making hostile text printable: no control of a terminal, no invisible or reordering characters.

Text from GitHub and from models passes through here before a person sees it, in a terminal or in
a file. What is removed is removed for good; what is left is what a reader sees.
"""

from __future__ import annotations

import re

from models.text.invisible import without_invisible

#: Marks above and below one letter; longer stacks only serve to smear over the lines around them.
MAX_STACKED_MARKS = 4

_MARKS = "\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe0f\ufe20-\ufe2f"
_STACKED_MARKS = re.compile(f"([{_MARKS}]{{{MAX_STACKED_MARKS}}})[{_MARKS}]++")
_BLANKS = re.compile(r"[\t\n]+")


def printable(text: str, max_length: int | None = None, *, keep_newlines: bool = False) -> str:
    r"""Return `text` with nothing in it but what a reader sees; it can always be encoded.

    Escape sequences go as a whole, so that no `[31m` stays behind. Doing it twice changes nothing.

    Args:
        text: Any text, from anywhere.
        max_length: Longest result in characters; a longer one is cut and ends with `…`.
        keep_newlines: Keep line ends, all as `\n`, and tabs; otherwise they become one blank,
            and blanks at both ends go.
    """
    if not (text.isascii() and text.isprintable()):
        text = _clean(text)
        if not keep_newlines:
            text = _BLANKS.sub(" ", text)
    if not keep_newlines:
        text = text.strip()
    if max_length is not None and len(text) > max_length:
        text = text[: max(max_length - 1, 0)].rstrip() + "…"
    return text


def _clean(text: str) -> str:
    seen = without_invisible(text)
    return seen if seen.isascii() else _STACKED_MARKS.sub(r"\1", seen)
