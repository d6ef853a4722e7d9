"""Whether a quote stands in a text, as a reader sees the two: by its words, not by their dress.

Who quotes a README reads it rendered. So Markdown and HTML marks, the kind of quotation marks and
dashes, punctuation between words, Unicode form, line ends and invisible characters make no
difference; every word does, in its place and with its capitals.
"""

from __future__ import annotations

import html
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable
from functools import lru_cache

from models.text.printable import printable
from tasks.text.ascii_words import word_table

#: READMEs of which a process keeps what was made of them: those of a small run are compared by
#: several steps, those of a large one would fill the memory.
KEPT_READMES = 128
_KEPT_MAX_CHARACTERS = 30_000
#: Fewer words stand in any text and prove nothing.
QUOTE_MIN_WORDS = 3
#: Characters that make one word where a script puts no blanks between words.
_UNSPACED_WORD_CHARACTERS = 2

_IMAGE = re.compile(r"!\[[^\[\]]*\](?:\([^()\n]*+(?:\([^()\n]*+\)[^()\n]*+)*+\)|\[[^\[\]]*\])")
_LINK = re.compile(r"\[([^\[\]]*)\](?:\([^()\n]*+(?:\([^()\n]*+\)[^()\n]*+)*+\)|[ ]?\[[^\[\]]*\])")
_LINK_TARGET = re.compile(r"^ {0,3}\[[^\[\]\n]+\]:[^\n]*$", re.MULTILINE)
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
#: Tags inside of a word are nothing, all others part two words.
_INLINE_TAG = re.compile(
    r"</?(?:a|abbr|b|code|del|em|font|i|ins|kbd|mark|s|small|span|strong|sub|sup|tt|u)"
    r"(?:[\s/][^<>]*+)?>",
    re.IGNORECASE,
)
_TAG = re.compile(r"</?[A-Za-z][\w-]*+(?:[\s/][^<>]*+)?>")
#: Marks of emphasis and apostrophes join what is beside them.
_JOINING = "*_`~'\u2019\u2018\u02bc\u00b4\u2032"
#: A word is what stands between all others; `c++` and `c#` are no `c`.
_WORD = re.compile(r"[+#]?\w[\w+#]*+")
_ASCII_WORDS = word_table("+#", left_out=_JOINING, lower=False)
#: Marks before a word but the last one, and those without a word.
_MARKS = re.compile(r"\A[+#]+(?!\w)")
#: Thai to Khmer, and everything from Chinese on, is written without blanks.
#: The first characters of each range, and after it.
_UNSPACED = (
    *("\u0e00", "\u0f00", "\u1000", "\u10a0", "\u1780", "\u1800", "\u2e80", "\uac00"),
    *("\uf900", "\ufb00", "\U00020000", "\U00040000"),
)


class Quotable:
    """Texts that a quote may come from, made comparable once.

    Args:
        texts: Markdown, or plain; empty ones and None hold nothing.
    """

    def __init__(self, *texts: str | None) -> None:
        self._texts = [f" {_form_of_source(text)} " for text in texts if text]

    @property
    def has_words(self) -> bool:
        """Say whether one of the texts has enough words for a quote."""
        return any(map(_is_enough, self._texts))

    def holds(self, quote: str) -> bool:
        """Say whether a quote of at least `QUOTE_MIN_WORDS` words stands in one of the texts."""
        words = reader_form(quote)
        if word_count(words) < QUOTE_MIN_WORDS:
            return False
        # The first and last word must be whole, where words have ends.
        before = "" if _is_unspaced(words[0]) else " "
        after = "" if _is_unspaced(words[-1]) else " "
        return any(f"{before}{words}{after}" in text for text in self._texts)


def reader_form(text: str) -> str:
    """Return the words of a text as a reader sees them, with single blanks between them.

    What it returns for its own result is the same again.
    """
    seen = unicodedata.normalize("NFKC", printable(html.unescape(text), keep_newlines=True))
    seen = without_comments(seen)
    # Most texts have few of the marks, and to see that is far quicker than to search for them.
    if "]:" in seen:
        seen = _LINK_TARGET.sub(" ", seen)
    if "<" in seen:
        seen = _TAG.sub(" ", _INLINE_TAG.sub("", seen))
    if "[" in seen:
        seen = _LINK.sub(r"\1", _IMAGE.sub(" ", seen))
    if "\\" in seen:
        seen = _ESCAPED.sub(r"\1", seen)
    return " ".join(_words(seen))


def _words(text: str) -> Iterable[str]:
    """Return the words of a text; in ASCII, as most READMEs are, three times as fast."""
    if not text.isascii():
        for mark in _JOINING:
            text = text.replace(mark, "")
    if not text.isascii():
        return _WORD.findall(text)
    parts = text.translate(_ASCII_WORDS).split()
    # In ASCII the two marks stand before the comma, and letters, digits behind it.
    return filter(None, [part if part > "," else _MARKS.sub("", part) for part in parts])


def _is_unspaced(character: str) -> bool:
    return bisect_right(_UNSPACED, character) % 2 == 1


def _is_enough(form: str) -> bool:
    """Say whether a reader's form has `QUOTE_MIN_WORDS`, without counting all of a long one's."""
    if form.isascii():
        return len(form.split(maxsplit=QUOTE_MIN_WORDS - 1)) >= QUOTE_MIN_WORDS
    return word_count(form) >= QUOTE_MIN_WORDS


def _form_of_source(text: str) -> str:
    return _kept_form(text) if len(text) <= _KEPT_MAX_CHARACTERS else _kept_long_form(text)


@lru_cache(maxsize=4)  # a long one is looked at several times, and such are rare
def _kept_long_form(text: str) -> str:
    return reader_form(text)


@lru_cache(maxsize=2 * KEPT_READMES)  # and their descriptions
def _kept_form(text: str) -> str:
    return reader_form(text)


def word_count(text: str) -> int:
    """Return how many words a text has; in scripts without blanks two characters count as one."""
    if text.isascii():
        return len(text.split())
    # By the few characters that there are: a pattern of so many takes longest to be compiled.
    unspaced = [ord(one) for one in set(text) if _is_unspaced(one)]
    if not unspaced:
        return len(text.split())
    others = text.translate(dict.fromkeys(unspaced, " "))
    count = len(text) - len(text.translate(dict.fromkeys(unspaced)))
    return len(others.split()) + count // _UNSPACED_WORD_CHARACTERS


def without_comments(text: str) -> str:
    """Return a text without HTML comments; one that never ends is no comment."""
    if "<!--" not in text:
        return text
    parts, start = [], 0
    while (opening := text.find("<!--", start)) >= 0 and (end := text.find("-->", opening)) >= 0:
        parts.append(text[start:opening])
        start = end + 3
    return " ".join((*parts, text[start:]))
