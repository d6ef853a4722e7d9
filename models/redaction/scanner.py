"""A set of rules applied to one text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property

from models.redaction.anchors import Anchor, compile_gate
from models.redaction.spans import MASK, Rule, Span, mask_spans
from models.redaction.views import is_plain, views_of

#: Characters of one text that are looked at; what lies beyond is masked unseen. A megabyte, which
#: is the longest README that is kept, fits in.
MAX_TEXT_LENGTH = 1_050_000
# The cut is made at white space, if there is any this near, so that it splits no secret.
_CUT_WINDOW = 8192

# A mask can uncover what stood beside it: passes are repeated until nothing more is found.
_MAX_PASSES = 4


# What the tokens of providers and Base64 consist of, if only the first line of a wrapped one.
_RUN = re.compile(r"[a-z0-9_\-.+/=~$:%|]{16,}")


def _is_ascii(anchor: str | Anchor) -> bool:
    return (anchor if isinstance(anchor, str) else anchor.text).isascii()


class _Gate:
    """Says whether an anchor of one rule stands in a text; compiled when it is first asked.

    Args:
        rule: The rule.
    """

    def __init__(self, rule: Rule) -> None:
        self._rule = rule
        self._search: Callable[[str], object] | None = None

    def __call__(self, lower: str) -> bool:
        if self._search is None:
            self._search = compile_gate(self._rule.anchors).search
        return self._search(lower) is not None


class Scanner:
    """Finds and masks what a set of rules finds.

    Args:
        rules: The rules. Those without anchors are left out.
    """

    def __init__(self, rules: Iterable[Rule]) -> None:
        kept = [rule for rule in rules if rule.anchors]
        self._anchors = [anchor for rule in kept if not rule.in_runs for anchor in rule.anchors]
        self._run_anchors = [anchor for rule in kept if rule.in_runs for anchor in rule.anchors]
        self._rules = [(rule.find, _Gate(rule)) for rule in kept]

    # Compiling costs tens of milliseconds, and most commands need one of these gates.

    @cached_property
    def _gate(self) -> re.Pattern[str]:
        return compile_gate(filter(_is_ascii, self._anchors), few=True)

    @cached_property
    def _foreign_gate(self) -> re.Pattern[str]:
        return compile_gate(one for one in self._anchors if not _is_ascii(one))

    @cached_property
    def _run_gate(self) -> re.Pattern[str]:
        return compile_gate(self._run_anchors, few=True)

    def may_match(self, text: str) -> bool:
        """Whether any rule's anchor stands in a text, however it is read. Never wrongly says no."""
        if is_plain(text):
            return self._passes(text.lower())
        return any(self._passes(view.text.lower()) for view in views_of(text))

    def _passes(self, lower: str) -> bool:
        if self._gate.search(lower):
            return True
        if not lower.isascii() and self._foreign_gate.search(lower):
            return True
        search = self._run_gate.search
        return any(search(lower, *run.span()) for run in _RUN.finditer(lower))

    def is_harmless(self, text: str) -> bool:
        """Whether one look shows that a text stays as it is; most are such, and this is fast."""
        return len(text) <= MAX_TEXT_LENGTH and is_plain(text) and not self._passes(text.lower())

    def spans(self, text: str) -> list[Span]:
        """Everything that the rules find in a text, unsorted and possibly overlapping."""
        return [view.original(span) for view in views_of(text) for span in self._spans(view.text)]

    def _spans(self, text: str) -> Iterator[Span]:
        lower = text.lower()
        if not self._passes(lower):
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
