"""The fast path: one regular expression that says whether any rule could have work in a text."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

# From common to rare in lower-case log lines, ids and JSON; what is not listed is rarer still.
_COMMON_FIRST = ' e1a0ti2o3n4s5r6-.7:d8/9lc_hmp,u"fgbyvwkxzjq='
_RANK = {character: rank for rank, character in enumerate(_COMMON_FIRST)}

# A long literal is recognised by this many characters around its rarest one: enough to be
# selective, short enough to keep the expression small.
_WINDOW = 8


def compile_gate(anchors: Iterable[str], word_ends: Iterable[str] = ()) -> re.Pattern[str]:
    """Compile the combined check of all anchors.

    Every anchor is looked for at its rarest character, so that the scan can skip nearly all of a
    harmless text in the regular expression engine's tightest loop.

    Args:
        anchors: Literals in lower case; may be empty.
        word_ends: Literals in lower case that count only where no letter follows.

    Returns:
        A pattern to `search` in a text in lower case. It finds something wherever an anchor
        stands, and never misses one.
    """
    by_pivot: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for anchor in anchors:
        pivot = _pivot(anchor)
        start = max(0, min(pivot - _WINDOW // 2, len(anchor) - _WINDOW))
        sides = (anchor[start:pivot], re.escape(anchor[pivot + 1 : start + _WINDOW]))
        by_pivot[anchor[pivot]].add(sides)
    for anchor in word_ends:
        pivot = _pivot(anchor)
        after = re.escape(anchor[pivot + 1 :]) + "(?![a-z])"
        by_pivot[anchor[pivot]].add((anchor[:pivot], after))
    groups = [_group(pivot, sides) for pivot, sides in sorted(by_pivot.items())]
    return re.compile("|".join(groups) or r"(?!)")


def _pivot(anchor: str) -> int:
    """The position of an anchor's rarest character."""
    return max(range(len(anchor)), key=lambda at: _RANK.get(anchor[at], len(_RANK)))


def _group(pivot: str, sides: set[tuple[str, str]]) -> str:
    """Everything that is recognised at one character: `k(?:(?<=tok)en|ey(?![a-z]))`."""
    branches = [
        (f"(?<={re.escape(before + pivot)})" if before else "") + after
        for before, after in sorted(sides)
    ]
    return f"{re.escape(pivot)}(?:{'|'.join(branches)})"
