"""READMEs as plain words: fast, without a parser; for comparing many texts, not for showing one."""

from __future__ import annotations

import re
from functools import lru_cache

from tasks.text.ascii_words import word_table
from tasks.text.keywords import singular
from tasks.text.quotes import KEPT_READMES, without_comments

#: Characters of a README that are read; what a project is about stands at the beginning.
README_MAX_CHARACTERS = 30_000
PROSE_MAX_CHARACTERS = 12_000

_CODE = re.compile(r"```[^`]*+(?:`{1,2}(?!`)[^`]*+)*+```|~~~.*?(?:~~~|\Z)", re.DOTALL)
_TAG = re.compile(r"<[^<>]+>")
_IMAGE = re.compile(r"!\[[^\[\]]*\]\([^()\n]*\)")
_LINK = re.compile(r"\[([^\[\]]*)\]\([^()\n]*\)")
_URL = re.compile(r"https?://\S+")
_MARKS = re.compile(r"[`*_#>|]+")
_LETTER = re.compile(r"[^\W\d_]")
_WORD = re.compile(r"[^\W_][\w+#]*")
#: Characters from which on it is quicker to translate a text than to search it for words.
_LONG_FROM = 400
_ASCII_WORDS = word_table("+#")
_STOP_WORDS = frozenset(
    re.findall(
        r"\S+",
        """a an and are as at be by can for from has have how if in into is it its more not
        of on or our so such that the their them there these they this to use used using
        via was we what when which will with you your""",
    )
)


@lru_cache(maxsize=KEPT_READMES)
def telling_line(markdown: str) -> str:
    """Return the telling words of a README's prose, with single blanks between them."""
    return " ".join(telling_words(plain_prose(markdown)))


@lru_cache(maxsize=KEPT_READMES)
def plain_prose(markdown: str, limit: int = PROSE_MAX_CHARACTERS) -> str:
    """Return what a README says in words, without code, HTML, pictures and addresses.

    Args:
        markdown: The README.
        limit: Characters that are kept.
    """
    # Enough of it for `limit` characters of prose, so that a thousand long ones take no time.
    text = _CODE.sub(" ", without_comments(markdown[: min(README_MAX_CHARACTERS, 12 * limit)]))
    text = _URL.sub(" ", _LINK.sub(r"\1", _IMAGE.sub(" ", _TAG.sub(" ", text))))
    lines = (" ".join(line.split()) for line in _MARKS.sub(" ", text).split("\n"))
    told = (line for line in lines if line and (line[0].isalpha() or _LETTER.search(line)))
    return "\n".join(told)[:limit]


def telling_words(text: str) -> list[str]:
    """Return the telling words of a text in lower case and in the singular, in their order."""
    return [singular(word) for word in _words(text) if word not in _STOP_WORDS]


def _words(text: str) -> list[str]:
    """Return the words of a text in lower case; of a long one in ASCII, as most are, quickly."""
    if len(text) < _LONG_FROM or not text.isascii():
        return _WORD.findall(text.casefold().replace("_", " "))
    parts = text.translate(_ASCII_WORDS).split()
    return [word for part in parts if (word := part.lstrip("+#"))]
