"""A set of rules applied to one text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

from models.redaction.anchor_index import NUMBER, Index, rules_of
from models.redaction.anchors import Anchor
from models.redaction.masked_spans import MASK, Rule, Span, mask_spans
from models.redaction.views import is_plain, views_of

#: Characters of one text that are looked at; what lies beyond is masked unseen. A megabyte, which
#: is the longest README that is kept, fits in.
MAX_TEXT_LENGTH = 1_050_000
# The cut is made at white space, if there is any this near, so that it splits no secret.
_CUT_WINDOW = 8192

# A mask can uncover what stood beside it: passes are repeated until nothing more is found.
_MAX_PASSES = 4


# Parts of texts that are remembered as harmless: words, names, whole messages between quotes.
_MAX_PARTS = 4096
_MAX_PART_LENGTH = 128
# Parts of a text that is no longer than this are not measured one by one.
_SHORT_LENGTH = 512
# Longer texts are documents, and seldom seen again.
_MAX_SPLIT_LENGTH = 8192
# So many comparisons are made to learn from a text in which something resembles a secret.
_MAX_LEARNING = 400


class Scanner:
    """Finds and masks what a set of rules finds.

    Most texts consist of parts that were seen before. Those in which no anchor stands, and around
    which none could, are remembered and not looked at again.

    Args:
        rules: The rules. Those without anchors are left out.
        separator: A blank or a quote: where texts of this kind are split into parts.
    """

    def __init__(self, rules: Iterable[Rule], separator: str = " ") -> None:
        self._rules = tuple(rules)
        self._separator = separator
        self._harmless_parts: set[str] = set()

    @cached_property
    def _index(self) -> Index:
        return Index(self._rules)

    def may_match(self, text: str) -> bool:
        """Whether any rule's anchor stands in a text, however it is read. Never wrongly says no."""
        rules = self._rules_in(text)
        if rules is not None:
            return bool(rules)
        return any(self._index.rules_in(view.text.lower()) for view in views_of(text))

    def is_harmless(self, text: str) -> bool:
        """Whether one look shows that a text stays as it is; most are such, and this is fast."""
        return len(text) <= MAX_TEXT_LENGTH and self._rules_in(text) == []

    def _rules_in(self, text: str) -> list[Rule] | None:
        """The rules with work in a text; None where there are several ways to read it."""
        if len(text) <= _MAX_SPLIT_LENGTH and text.isascii():
            unknown = set(text.split(self._separator)) - self._harmless_parts
            if not unknown:
                return []
            if self._index.looks_at_parts:
                if self._separator == '"' and self._index.passes_numbers:
                    unknown = {part for part in unknown if not NUMBER.fullmatch(part)}
                return self._rules_around(text, unknown) if unknown else []
        return self._index.rules_in(text.lower()) if is_plain(text) else None

    def _rules_around(self, text: str, parts: set[str]) -> list[Rule] | None:
        """The same, by those of its parts that are not known to be harmless, which it learns."""
        together = self._separator.join(parts)
        if not is_plain(together):
            return None
        candidates = self._index.candidates(together.lower())
        if not candidates:
            if len(together) > _SHORT_LENGTH:
                parts = {part for part in parts if len(part) <= _MAX_PART_LENGTH}
            self._learn(parts)
            return []
        if len(parts) * len(candidates) <= _MAX_LEARNING:
            anchors = [(anchor.narrow_text, anchor) for anchor, _ in candidates]
            self._learn(
                part
                for part in parts
                if len(part) <= _MAX_PART_LENGTH and not _may_stand_around(anchors, part.lower())
            )
        return rules_of(candidates, text.lower())

    def _learn(self, parts: Iterable[str]) -> None:
        if len(self._harmless_parts) > _MAX_PARTS:
            self._harmless_parts.clear()
        self._harmless_parts.update(parts)

    def spans(self, text: str) -> list[Span]:
        """Everything that the rules find in a text, unsorted and possibly overlapping."""
        rules = self._rules_in(text)
        if rules is not None:
            return list(_found(rules, text)) if rules else []
        return [
            view.original(span)
            for view in views_of(text)
            for span in _found(self._index.rules_in(view.text.lower()), view.text)
        ]

    def scrub(self, text: str) -> str:
        """Return the text with everything masked that the rules find."""
        if len(text) > MAX_TEXT_LENGTH:
            return self.scrub(_cut(text)) + MASK
        for _ in range(_MAX_PASSES):
            spans = self.spans(text)
            if not spans:
                break
            text = mask_spans(text, spans)
        return text


def _found(rules: Iterable[Rule], text: str) -> Iterator[Span]:
    for rule in rules:
        for start, end in rule.find(text):
            if start < end and text[start:end] != MASK:
                yield start, end


def _may_stand_around(anchors: Iterable[tuple[str, Anchor]], part: str) -> bool:
    for text, anchor in anchors:  # noqa: SIM110 - for each part: `any` takes three times as long
        if text in part and anchor.may_stand_around(part):
            return True
    return False


def _cut(text: str) -> str:
    head = text[: MAX_TEXT_LENGTH - len(MASK)]
    window = head[-_CUT_WINDOW:]
    return head[: len(head) - len(window) + max(window.rfind(" "), window.rfind("\n"), 0)]
