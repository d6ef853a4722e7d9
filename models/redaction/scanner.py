"""A set of rules applied to one text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from models.redaction.anchors import compile_gate
from models.redaction.spans import MASK, Rule, Span, mask_spans
from models.redaction.views import is_plain, views_of

#: Characters of one text that are looked at; what lies beyond is masked unseen. A megabyte, which
#: is the longest README that is kept, fits in.
MAX_TEXT_LENGTH = 1_050_000
# The cut is made at white space, if there is any this near, so that it splits no secret.
_CUT_WINDOW = 8192

# A mask can uncover what stood beside it: passes are repeated until nothing more is found.
_MAX_PASSES = 4


class Scanner:
    """Finds and masks what a set of rules finds.

    Args:
        rules: The rules. Those without anchors are left out.
    """

    def __init__(self, rules: Iterable[Rule]) -> None:
        kept = [rule for rule in rules if rule.anchors or rule.word_ends]
        self._gate = compile_gate(
            (anchor for rule in kept for anchor in rule.anchors),
            (anchor for rule in kept for anchor in rule.word_ends),
        )
        self._rules = [
            (rule.find, compile_gate(rule.anchors, rule.word_ends).search) for rule in kept
        ]

    def may_match(self, text: str) -> bool:
        """Whether any rule's anchor stands in a text, however it is read. Never wrongly says no."""
        if is_plain(text):
            return self._gate.search(text.lower()) is not None
        return any(self._gate.search(view.text.lower()) for view in views_of(text))

    def is_harmless(self, text: str) -> bool:
        """Whether one look shows that a text stays as it is; most are such, and this is fast."""
        return (
            len(text) <= MAX_TEXT_LENGTH
            and is_plain(text)
            and self._gate.search(text.lower()) is None
        )

    def spans(self, text: str) -> list[Span]:
        """Everything that the rules find in a text, unsorted and possibly overlapping."""
        return [view.original(span) for view in views_of(text) for span in self._spans(view.text)]

    def _spans(self, text: str) -> Iterator[Span]:
        lower = text.lower()
        if self._gate.search(lower) is None:
            return
        for find, may_match in self._rules:
            if may_match(lower):
                for start, end in find(text):
                    if start < end and text[start:end] != MASK:
                        yield start, end

    def scrub(self, text: str) -> str:
        """Return the text with everything masked that the rules find."""
        if self.is_harmless(text):
            return text
        if len(text) > MAX_TEXT_LENGTH:
            return self.scrub(_cut(text)) + MASK
        for _ in range(_MAX_PASSES):
            spans = self.spans(text)
            if not spans:
                break
            text = mask_spans(text, spans)
        return text


def _cut(text: str) -> str:
    head = text[: MAX_TEXT_LENGTH - len(MASK)]
    window = head[-_CUT_WINDOW:]
    return head[: len(head) - len(window) + max(window.rfind(" "), window.rfind("\n"), 0)]
