"""Spans and moments of time as people type them: `30d`, `12h`, `2026-11-01`."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from models.clock import to_iso
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


def coming_moment(text: str, what: str, now: datetime) -> str:
    """Return the time ahead that is meant, as it is stored.

    Args:
        text: A span from now on, such as `2h`; or a date and time, such as `2026-11-01T12:00`: this
            machine's, where it names no offset.
        what: The option that has it, for the error.
        now: The time in UTC.

    Raises:
        InputError: It is neither, or has passed.
    """
    try:
        ahead = to_iso(datetime.fromisoformat(text.strip()).astimezone())
    except (ValueError, OverflowError):
        ahead = to_iso(now + timedelta(seconds=span_s(text, what)))
    if ahead <= to_iso(now):
        raise InputError(f"{what} {text!r} has passed.", "Give a time ahead, or a span such as 2h.")
    return ahead


def moment(text: str, what: str, now: datetime) -> str:
    """Return the time that is meant, as it is stored.

    Args:
        text: A span before now, such as `7d`; or a date, or a date and time, such as
            `2026-11-01T12:00`: this machine's, where it names no offset.
        what: The option that has it, for the error.
        now: The time in UTC.

    Raises:
        InputError: It is neither.
    """
    try:
        return to_iso(datetime.fromisoformat(text.strip()).astimezone())
    except (ValueError, OverflowError):
        pass
    try:
        return to_iso(now - timedelta(seconds=span_s(text, what)))
    except InputError as exc:
        raise InputError(
            f"{what} {text!r} is no time.",
            "Give how long ago, such as 24h or 7d, or a date such as 2026-11-01.",
        ) from exc
