"""READMEs as plain words: fast, without a parser; for comparing many texts, not for showing one."""

from __future__ import annotations

import re
from functools import lru_cache

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
    lines = (" ".join(_MARKS.sub(" ", line).split()) for line in text.split("\n"))
    return "\n".join(line for line in lines if _LETTER.search(line))[:limit]


def telling_words(text: str) -> list[str]:
    """Return the telling words of a text in lower case and in the singular, in their order."""
    return [
        _singular(word)
        for word in _WORD.findall(text.casefold().replace("_", " "))
        if word not in _STOP_WORDS
    ]


@lru_cache(maxsize=50_000)
def _singular(word: str) -> str:
    return singular(word)
