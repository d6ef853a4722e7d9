"""The mask, and how the spans that the rules find are put over a text."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from models.redaction.anchors import Anchor

MASK = "[REDACTED]"

Span = tuple[int, int]


class Rule:
    """One way to find secrets in a text.

    Args:
        anchors: Literals in lower case. A text that holds none of them, whatever its case, holds
            nothing for this rule: the fast path is made of these and of nothing else.
        find: Yields the spans to mask. Must be linear in the length of the text.
    """

    def __init__(
        self, anchors: Iterable[str | Anchor], find: Callable[[str], Iterable[Span]]
    ) -> None:
        self.anchors = tuple(Anchor(one) if isinstance(one, str) else one for one in anchors)
        self.find = find


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


_ASCII_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


def lowered(text: str) -> str:
    """Return the text in lower case, character by character: positions stay what they are."""
    lower = text.lower()
    return lower if len(lower) == len(text) else text.translate(_ASCII_LOWER)
