"""Making hostile text printable: no control of a terminal, no invisible or reordering characters.

Text from GitHub and from models passes through here before a person sees it, in a terminal or in
a file. What is removed is removed for good; what is left is what a reader sees.
"""

from __future__ import annotations

import re

#: Marks above and below one letter; longer stacks only serve to smear over the lines around them.
MAX_STACKED_MARKS = 4

_ESCAPE_SEQUENCE = re.compile(
    r"""
      (?: \x1b\[ | \x9b ) [0-?]*+ [ -/]*+ [@-~]                   # CSI: colours, cursor, erasing
    | (?: \x1b[PX^_\]] | [\x90\x98\x9d-\x9f] )                    # OSC, DCS, …: titles, links
      [^\x07\x1b\x90\x98\x9c-\x9f]*+ (?: \x07 | \x1b\\ | \x9c )
    | \x1b [ -/]*+ [0-~]                                          # every other escape
    """,
    re.VERBOSE,
)
_LINE_END = re.compile("\r\n|[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_INVISIBLE = re.compile(
    "["
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 and C1 controls but tab and newline
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"  # soft hyphen, fillers, joiners
    "\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2"  # signs that span the digits after them
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f"  # zero width, bidirectional controls
    "\u3164\ufe00-\ufe0e\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"  # fillers, selectors, byte order
    "\U000110bd\U000110cd\U00013430-\U0001345f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\ud800-\uf8ff"  # lone surrogates and private use
    "\U000e0000-\U0010ffff"  # tags, further selectors, private use
    "]+"
)
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
    text = _ESCAPE_SEQUENCE.sub("", text)
    text = _LINE_END.sub("\n", text)
    text = _INVISIBLE.sub("", text)
    return _STACKED_MARKS.sub(r"\1", text)
