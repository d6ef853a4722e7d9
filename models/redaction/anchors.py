"""The fast path: one regular expression that says whether any rule could have work in a text."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

# From common to rare in lower-case log lines, ids and JSON; what is not listed is rarer still.
_COMMON_FIRST = ' e1a0ti2o3n4s5r6-.7:d8/9lc_hmp,u"fgbyvwkxzjq='
_RANK = {character: rank for rank, character in enumerate(_COMMON_FIRST)}

# What follows the pivot, what stands before it, what else must follow, whether it starts a word.
_Sides = tuple[str, str, str, bool]

# A long literal is recognised by this many characters around its rarest one: enough to be
# selective, short enough to keep the expression small.
_WINDOW = 8


@dataclass(frozen=True, slots=True)
class Anchor:
    """A literal without which a rule has no work.

    Attributes:
        text: The literal in lower case.
        after: What must follow it, as a regular expression; nothing by default.
        start: Whether it must stand where no word goes on.
    """

    text: str
    after: str = ""
    start: bool = False


def word_end(text: str) -> Anchor:
    """Return an anchor that counts only where no letter follows it."""
    return Anchor(text, "(?![a-z])")


def compile_gate(anchors: Iterable[str | Anchor], *, few: bool = False) -> re.Pattern[str]:
    """Compile the combined check of all anchors.

    Every anchor is looked for at its rarest character, so that the scan can skip nearly all of a
    harmless text in the regular expression engine's tightest loop.

    Args:
        anchors: What to look for.
        few: Whether there are many anchors: then they share few characters that are rare enough,
            since each further one costs the engine a comparison for every character of a text.

    Returns:
        A pattern to `search` in a text in lower case. It finds something wherever an anchor
        stands, and never misses one; a match begins at the anchor's `pivot`.
    """
    by_pivot: dict[str, set[_Sides]] = defaultdict(set)
    given = [(one, "", False) if isinstance(one, str) else _parts(one) for one in anchors]
    rank = _shared([text for text, _, _ in given]) if few else _RANK
    for text, after, start in given:
        at = pivot(text, rank)
        first, last = 0, len(text)
        if not after and not start:
            first = max(0, min(at - _WINDOW // 2, len(text) - _WINDOW))
            last = first + _WINDOW
        by_pivot[text[at]].add((text[at + 1 : last], text[first:at], after, start))
    groups = [_group(letter, sides) for letter, sides in sorted(by_pivot.items())]
    return re.compile("|".join(groups) or r"(?!)")


def _parts(anchor: Anchor) -> tuple[str, str, bool]:
    return anchor.text, anchor.after, anchor.start


def pivot(anchor: str, rank: Mapping[str, int] = _RANK) -> int:
    """Return the position of an anchor's rarest character; rare is what has a high rank or none."""
    return max(range(len(anchor)), key=lambda at: rank.get(anchor[at], len(_RANK)))


def _shared(texts: list[str]) -> dict[str, int]:
    """A rank by which texts share few pivots: one by one those that most have, rare ones first."""
    left = {frozenset(text) for text in texts}
    letters = {letter for text in left for letter in text}
    rank: dict[str, int] = {}
    while left:
        served = Counter(letter for text in left for letter in text)
        best = max(sorted(letters - rank.keys()), key=lambda letter: _worth(letter, served[letter]))
        rank[best] = 1000 - len(rank)
        left = {text for text in left if best not in text}
    return dict.fromkeys(letters, 0) | rank


def _worth(letter: str, served: int) -> float:
    """How many texts a pivot serves, for what it costs: each of its occurrences is looked at."""
    frequency = 2 ** (-_RANK.get(letter, len(_RANK)) / 7)
    return served / (0.02 + frequency)


def _group(letter: str, sides: set[_Sides]) -> str:
    """Everything that is recognised at one character: `k(?:e(?:n(?<=token)|y(?![a-z])))`.

    What follows it comes first, and is grouped by its first letter: the engine passes over a
    literal that does not fit in no time, and looks back only where all else fits.
    """
    by_next: dict[str, list[str]] = defaultdict(list)
    for literal, before, after, start in sorted(sides):
        seen = _lookbehind(before + letter + literal, start=start) if before or start else ""
        by_next[literal[:1]].append(re.escape(literal[1:]) + seen + after)
    branches = [
        f"{re.escape(first)}(?:{'|'.join(rest)})" if first else "|".join(rest)
        for first, rest in sorted(by_next.items(), reverse=True)
    ]
    return f"{re.escape(letter)}(?:{'|'.join(branches)})"


def _lookbehind(text: str, *, start: bool) -> str:
    seen = re.escape(text)
    if start:
        # The letter of an escape such as `\n` belongs to no word.
        return rf"(?:(?<={seen})(?<![a-z0-9]{seen})|(?<=\\[nrtbf]{seen}))"
    return f"(?<={seen})"
