"""Reading Markdown as a lenient renderer would, with HTML and bare links switched on."""

from __future__ import annotations

import re
from collections.abc import Iterator

from markdown_it import MarkdownIt
from markdown_it.token import Token

#: What GitHub turns into links by looking at finished text, whatever was escaped before.
LIVE_TEXT = re.compile(r"@\w|https?://|\bwww\.|(?<!\w)#\d|\bGH-\d", re.IGNORECASE)

_parser = MarkdownIt("gfm-like")


def tokens(markdown: str) -> Iterator[Token]:
    """Yield every token, those inside of lines as well."""
    for token in _parser.parse(markdown):
        yield token
        yield from token.children or ()


def types(markdown: str) -> set[str]:
    """Return the kinds of tokens, without those that only hold others."""
    return {token.type for token in tokens(markdown)} - {"inline"}


def links(markdown: str) -> list[str]:
    """Return every address that a reader could follow or that would be loaded."""
    return [
        str(token.attrs.get("href", token.attrs.get("src")))
        for token in tokens(markdown)
        if token.type in {"link_open", "image"}
    ]


def html(markdown: str) -> list[str]:
    """Return every piece that would reach a browser as it is."""
    return [token.content.strip() for token in tokens(markdown) if token.type.startswith("html")]


def visible(markdown: str) -> str:
    """Return what a reader sees, as one text."""
    parts = {"softbreak": "\n", "hardbreak": "\n", "paragraph_close": "\n\n"}
    return "".join(
        token.content if token.type in {"text", "code_inline"} else parts.get(token.type, "")
        for token in tokens(markdown)
    )


def plain_text(markdown: str) -> str:
    """Return the text that a renderer looks through for mentions and bare links."""
    inside_link = 0
    found: list[str] = []
    for token in tokens(markdown):
        inside_link += {"link_open": 1, "link_close": -1}.get(token.type, 0)
        found.append(token.content if token.type == "text" and not inside_link else "\0")
    return "".join(found)
