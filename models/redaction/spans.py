"""The mask, and how the spans that the rules find are put over a text."""

from __future__ import annotations

import string
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from models.redaction.anchors import Anchor

MASK = "[REDACTED]"

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Rule:
    """One way to find secrets in a text.

    Attributes:
        anchors: Literals in lower case. A text that holds none of them, whatever its case, holds
            nothing for this rule: the fast path is compiled from these and from nothing else.
        find: Yields the spans to mask. Must be linear in the length of the text.
        in_runs: Whether the anchors stand in long runs of letters, digits and a token's signs: then
            they are looked for in these only, and may be many.
    """

    anchors: tuple[str | Anchor, ...]
    find: Callable[[str], Iterable[Span]]
    in_runs: bool = False


def mask_spans(text: str, spans: list[Span]) -> str:
    """Put one mask over each group of spans that overlap or touch.

    Args:
        text: The text that the spans were found in, or one of the same length.
        spans: Half-open spans in any order.

    Returns:
        The text with every span replaced.
    """
    parts: list[str] = []
    done = 0
    open_start, open_end = -1, -1
    for start, end in sorted(spans):
        if start > open_end:
            if open_end >= 0:
                parts += (text[done:open_start], MASK)
                done = open_end
            open_start, open_end = start, end
        elif end > open_end:
            open_end = end
    if open_end >= 0:
        parts += (text[done:open_start], MASK)
        done = open_end
    parts.append(text[done:])
    return "".join(parts)


_ASCII_LOWER = {ord(letter): letter.lower() for letter in string.ascii_uppercase}


def lowered(text: str) -> str:
    """Return the text in lower case, character by character: positions stay what they are."""
    lower = text.lower()
    return lower if len(lower) == len(text) else text.translate(_ASCII_LOWER)
