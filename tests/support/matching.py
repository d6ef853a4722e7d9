"""Texts that a regular expression matches, made from the expression."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from re import _parser  # type: ignore[attr-defined]
from typing import Any

_CATEGORIES = {"CATEGORY_SPACE": " ", "CATEGORY_NOT_SPACE": "x", "CATEGORY_DIGIT": "7"}
_CATEGORIES |= {"CATEGORY_WORD": "w", "CATEGORY_NOT_WORD": "-", "CATEGORY_NOT_DIGIT": "d"}
_MOST = 3


def texts_matching(pattern: str, count: int, dice: random.Random) -> list[str]:
    """Return some of the texts that a pattern matches; what it looks around for is left to luck.

    Args:
        pattern: Of literals, sets, alternatives and repetitions.
        count: How many are made; those that it does not match are left out.
        dice: Chooses.
    """
    tree = _parser.parse(pattern, re.IGNORECASE)
    made = {_made(tree, dice) for _ in range(count)}
    return sorted(text for text in made if re.search(pattern, text, re.IGNORECASE))


def _made(tree: Any, dice: random.Random) -> str:
    return "".join(_part(str(op), value, dice) for op, value in tree)


def _part(op: str, value: Any, dice: random.Random) -> str:
    makers: dict[str, Callable[[], str]] = {
        "LITERAL": lambda: chr(value),
        "IN": lambda: _of_set(value, dice),
        "BRANCH": lambda: _made(dice.choice(value[1]), dice),
        "SUBPATTERN": lambda: _made(value[3], dice),
        "MAX_REPEAT": lambda: _repeated(*value, dice),
        "MIN_REPEAT": lambda: _repeated(*value, dice),
        "AT": str,
        "ASSERT": str,
        "ASSERT_NOT": str,
    }
    return makers[op]()


def _repeated(least: Any, most: Any, what: Any, dice: random.Random) -> str:
    times = dice.randint(int(least), min(int(most), int(least) + _MOST))
    return "".join(_made(what, dice) for _ in range(times))


def _of_set(items: Any, dice: random.Random) -> str:
    if str(items[0][0]) == "NEGATE":
        return "-"
    op, value = dice.choice(items)
    if str(op) == "LITERAL":
        return chr(value)
    if str(op) == "RANGE":
        return chr(dice.randint(*value))
    return _CATEGORIES[str(value)]
