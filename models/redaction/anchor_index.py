"""The fast path: one look at a text that says which rules could have work in it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property

from models.redaction.anchors import Anchor, Trigram
from models.redaction.lazy import lazy
from models.redaction.masked_spans import Rule

#: An anchor, and the rules that have work where it stands.
Candidate = tuple[Anchor, list[Rule]]
#: A number in JSON between two quotes, as the durations are of which each line has another one.
NUMBER = re.compile(r":\d{1,3}(?:\.\d{1,3})?[,}]")
_OF_NUMBERS = frozenset(":0123456789.,}")
_IN_NUMBER = re.compile(r":?\d{0,3}\.?\d{0,3}[,}]?")
# Too short for a window of three.
_SHORT = 2


class Index:
    """Finds the rules of which an anchor stands in a text, among hundreds at once.

    Every anchor is recognised by three characters in a row, its rarest ones, and a window of three
    passes over the text once: nothing is compiled, and the cost hardly depends on how many anchors
    there are. The few that are shorter are one small regular expression.

    Args:
        rules: The rules.
    """

    def __init__(self, rules: Iterable[Rule]) -> None:
        self._by_trigram: dict[Trigram, list[Candidate]] = defaultdict(list)
        self._foreign: list[Candidate] = []
        self._short: list[Candidate] = []
        self._scattered: list[Candidate] = []
        of_anchor: dict[Anchor, list[Rule]] = defaultdict(list)
        for rule in rules:
            for anchor in rule.anchors:
                of_anchor[anchor].append(rule)
        for candidate in of_anchor.items():
            self._row_of(candidate[0]).append(candidate)
        self._trigrams = frozenset(self._by_trigram)
        self._short_pattern = lazy(self._short_expression)

    def _row_of(self, anchor: Anchor) -> list[Candidate]:
        if anchor.trigram is not None:
            return self._by_trigram[anchor.trigram]
        if not anchor.text.isascii():
            return self._foreign
        return self._short if len(anchor.text) <= _SHORT else self._scattered

    def _short_expression(self) -> str:
        return "|".join(sorted({anchor.narrow for anchor, _ in self._short})) or "(?!)"

    @property
    def looks_at_parts(self) -> bool:
        """Whether each anchor is recognised by one part of a text alone that is split at blanks.

        One of single letters with blanks between them is not; a known value may look so.
        """
        return not self._scattered

    @cached_property
    def passes_numbers(self) -> bool:
        """Whether no anchor is recognised by a part of a text that is a `NUMBER`.

        Formats whose anchors are as short want more after them; a known value may look so.
        """
        # Three characters of such a core are of a number as well, which those of few anchors are.
        rows = [row for key, row in self._by_trigram.items() if _OF_NUMBERS.issuperset(key)]
        anchors = [anchor for row in rows for anchor, _ in row]
        cores = [one.core for one in anchors if one.across or not one.after]
        return not any(_IN_NUMBER.fullmatch(core) for core in cores)

    def candidates(self, lower: str) -> list[Candidate]:
        """Return every anchor that may stand in a text in lower case, with its rules."""
        found: list[Candidate] = []
        for row in self._trigrams.intersection(zip(lower, lower[1:], lower[2:], strict=False)):
            found += self._by_trigram[row]
        if self._short_pattern.search(lower):
            found += self._short
        if not lower.isascii():
            found += self._foreign
        return found + self._scattered if self._scattered else found

    def rules_in(self, lower: str) -> list[Rule]:
        """Return the rules of which an anchor stands in a text in lower case, each once."""
        return rules_of(self.candidates(lower), lower)


def rules_of(candidates: Iterable[Candidate], lower: str) -> list[Rule]:
    """Return the rules of those candidates that stand in a text in lower case, each once."""
    standing = (rules for anchor, rules in candidates if anchor.stands_in(lower))
    return list(dict.fromkeys(rule for rules in standing for rule in rules))
