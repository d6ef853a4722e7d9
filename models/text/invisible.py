"""What a reader does not see in a text: controls of a terminal, marks of no width, tags.

Both what makes text printable and what looks for secrets in it are built from these.
"""

from __future__ import annotations

import re

#: Escape sequences as a whole: colours, titles, links.
ESCAPE_SEQUENCE = r"""
      (?: \x1b\[ | \x9b ) [0-?]*+ [ -/]*+ [@-~]                   # CSI: colours, cursor, erasing
    | (?: \x1b[PX^_\]] | [\x90\x98\x9d-\x9f] )                    # OSC, DCS, …: titles, links
      [^\x07\x1b\x90\x98\x9c-\x9f]*+ (?: \x07 | \x1b\\ | \x9c )
    | \x1b [ -/]*+ [0-~]                                          # every other escape
"""
#: Everything that ends a line somewhere.
LINE_END = "\r\n|[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]"
#: The characters of a class: controls but tab and newline, and what has no width or no meaning.
INVISIBLE = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 and C1 controls but tab and newline
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"  # soft hyphen, fillers, joiners
    "\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2"  # signs that span the digits after them
    "\u200b-\u200f\u202a-\u202e\u2060-\u206f"  # zero width, bidirectional controls
    "\u3164\ufe00-\ufe0e\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"  # fillers, selectors, byte order
    "\U000110bd\U000110cd\U00013430-\U0001345f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\ud800-\uf8ff"  # lone surrogates and private use
    "\U000e0000-\U0010ffff"  # tags, further selectors, private use
)

_ESCAPE_SEQUENCE = re.compile(ESCAPE_SEQUENCE, re.VERBOSE)
_ESCAPE_START = re.compile("[\x1b\x90-\x9f]")
#: `LINE_END` but the one that stays as it is, which most lines of most texts have.
_OTHER_LINE_END = re.compile("\r\n?|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_INVISIBLE = re.compile(f"[{INVISIBLE}]+")


def without_invisible(text: str) -> str:
    r"""Return `text` without what a reader does not see; line ends become `\n`."""
    if text.isascii() and (text.isprintable() or not _CONTROL.search(text)):
        return text
    if _ESCAPE_START.search(text):  # far quicker than to look for whole sequences
        text = _ESCAPE_SEQUENCE.sub("", text)
    return _INVISIBLE.sub("", _OTHER_LINE_END.sub("\n", text))
