"""Spans of time as people type them: `30d`, `12h`, `90min`."""

from __future__ import annotations

import re

from models.errors import InputError

_SPAN = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)\s*(s|min|h|d|w)", re.ASCII)
_UNIT_S = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86_400.0, "w": 7 * 86_400.0}
_LONGEST_S = 100 * 365 * 86_400.0


def span_s(text: str, what: str) -> float:
    """Return the seconds of a span such as `30d`.

    Args:
        text: A number and one of s, min, h, d, w.
        what: The option or variable that has it, for the error.

    Raises:
        InputError: It is none, or longer than a century.
    """
    found = _SPAN.fullmatch(text.strip().lower())
    seconds = float(found[1]) * _UNIT_S[found[2]] if found else _LONGEST_S + 1
    if seconds > _LONGEST_S:
        raise InputError(
            f"{what} {text!r} is no span of time.",
            "Give a number and a unit (s, min, h, d or w), such as 30d.",
        )
    return seconds
