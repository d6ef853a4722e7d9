"""A page of HTML in the place of an answer: what a proxy or a wrong address says, in a few words.

Nobody reads markup in an error; its title is mostly all that it says.
"""

from __future__ import annotations

import re

#: Where a page begins.
PAGE = re.compile(r"<\s*(?:!doctype|\?xml|html|head|title|body|center|h1|p)\b", re.IGNORECASE)
_TITLE = re.compile(r"<title\b[^<>]*>([^<]*)", re.IGNORECASE)
_NOT_SHOWN = re.compile(r"<(script|style)\b.*?(?:</\1|\Z)", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^<>]*>?")
#: Characters of a page that are looked at, and of its words that are told.
_READ_MAX, _WORDS_MAX = 4_000, 80


def page_in_words(text: str) -> str:
    """Return `text` with a page that it ends with in words: `an HTML page (“502 Bad Gateway”)`.

    A text without a page comes back as it is.
    """
    start = PAGE.search(text)
    if start is None:
        return text
    page = text[start.start() : start.start() + _READ_MAX]
    title = _TITLE.search(page)
    words = title.group(1) if title else _TAG.sub(" ", _NOT_SHOWN.sub(" ", page))
    words = " ".join(words.split())
    if len(words) > _WORDS_MAX:
        words = words[: _WORDS_MAX - 1].rstrip() + "…"
    return f"{text[: start.start()]}an HTML page" + (f" (“{words}”)" if words else "")
