"""What a README says in sentences: its Markdown without code, HTML, pictures and addresses."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from models.text.clean import clean_text

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

#: Characters of a README that are read; what a project is about stands at the beginning.
README_MAX_CHARACTERS = 30_000
#: Characters of prose that are kept.
PROSE_MAX_CHARACTERS = 12_000
_first_use = threading.Lock()
_WORD = re.compile(r"\S+")
#: What sections are called that name people, and what they allow and ask for.
_PEOPLE = (
    r"(?:acknowledge?ments?|authors?|backers|changelog|code of conduct"
    r"|contribut(?:e|ing|ors?|ions?)|credits?|licen[cs](?:e|es|ing)|maintainers?|sponsors?"
    r"|support(?:ers)?|(?:the )?team|(?:special )?thanks(?: to)?)"
)
_ABOUT_PEOPLE = re.compile(rf"\W*(?:our )?{_PEOPLE}(?:\s*(?:&|and|,|/)\s*{_PEOPLE})*\W*", re.I)


def prose_of(markdown: str) -> str:
    """Return the paragraphs, headings, list items and cells of a README, a paragraph each.

    Secrets in it are redacted. Each begins and ends as a sentence, so that no phrase goes across
    two of them.
    """
    text = clean_text(markdown[:README_MAX_CHARACTERS], keep_newlines=True)
    lines = (_words(block) for block in _telling_blocks(_parser().parse(text)))
    return "\n\n".join(_sentence(line) for line in lines if line)[:PROSE_MAX_CHARACTERS]


def _telling_blocks(tokens: Sequence[Token]) -> Iterator[Token]:
    """Yield the blocks of text, but for sections about people and terms instead of the project."""
    skipped_level = 0
    for before, token in pairwise(tokens):
        if token.type != "inline":
            continue
        if before.type == "heading_open":
            level = int(before.tag[1:])
            if skipped_level and level > skipped_level:
                continue
            about_people = level > 1 and _ABOUT_PEOPLE.fullmatch(token.content)
            skipped_level = level if about_people else 0
        if not skipped_level:
            yield token


def _sentence(line: str) -> str:
    return line[0].upper() + line[1:] + ("" if line[-1] in ".!?:" else ".")


def _words(block: Token) -> str:
    """Return a block's text; what is left out becomes a blank, so that no two words grow together.

    An address says nothing, even as the text of a link.
    """
    children: Sequence[Token] = block.children or ()
    parts = (
        _WORD.sub(_unless_address, child.content) if child.type == "text" else " "
        for child in children
    )
    return " ".join("".join(parts).split())


def _unless_address(word: re.Match[str]) -> str:
    return " " if "://" in word[0] else word[0]


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    """Return the parser, which has done all once that it does at the first use.

    It fills its tables in then, and those of mdurl, while a second thread would read the half of
    them (docs/decisions.md, trap 24).
    """
    from markdown_it import MarkdownIt

    with _first_use:
        parser = MarkdownIt("commonmark").enable("table")
        parser.parse("[a](b) <https://c.d>")
    return parser
