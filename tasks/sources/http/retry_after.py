"""How long an answer's headers ask to wait: `Retry-After` and its many relatives."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

#: Numbers from here on are moments: seconds since 1970, or milliseconds since then.
_EPOCH_FROM = 1e9
_EPOCH_MS_FROM = 1e11
_UNITS_S = {
    "us": 1e-6,
    "µs": 1e-6,
    "ms": 1e-3,
    "s": 1.0,
    "m": 60.0,
    "h": 3600.0,
    "d": 86_400.0,
}
_PART = r"\d{1,15}(?:\.\d{1,15})?(?:us|µs|ms|s|m|h|d)"
_PARTS = re.compile(rf"(?:{_PART}){{1,6}}", re.ASCII)
_ONE_PART = re.compile(r"([\d.]+)([a-zµ]+)", re.ASCII)
_NUMBER = re.compile(r"\d{1,1000}(?:\.\d{1,1000})?", re.ASCII)
#: Such as x-ratelimit-reset, x-ratelimit-reset-tokens, anthropic-ratelimit-requests-reset.
_RESET = re.compile(r"(?:[a-z]+-)?rate-?limit(?:-[a-z-]+)?-reset(?:-[a-z-]+)?")


def retry_after_s(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the seconds that `retry-after-ms` or `Retry-After` ask for, 0 or more.

    Args:
        headers: An answer's headers by lower-case name.
        now: The time, where the answer does not tell its server's.

    Returns:
        None where there is no such header, or where it cannot be understood.
    """
    ms = number(headers.get("retry-after-ms"))
    if ms is not None:
        return ms / 1000
    return told_s(headers.get("retry-after"), server_time(headers, now))


def reset_s(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the seconds until the limits that an answer names let something through again.

    The last of those that are used up counts; where none is said to be, the first of those of
    which it is not said how much is left.

    Args:
        headers: An answer's headers by lower-case name.
        now: The time, where the answer does not tell its server's.
    """
    found = list(_resets(headers, server_time(headers, now)))
    used_up = [wait_s for wait_s, left in found if left == 0]
    if used_up:
        return max(used_up)
    return min((wait_s for wait_s, left in found if left is None), default=None)


def told_s(text: str | None, now: datetime) -> float | None:
    """Return how long a text asks to wait: "20", "1.5", "6m0s", a moment in any usual form."""
    text = (text or "").strip()
    value = number(text)
    if value is not None:
        return _from_number(value, now)
    if _PARTS.fullmatch(text):
        return duration_s(text)
    moment = date_of(text)
    return None if moment is None else max((moment - now).total_seconds(), 0.0)


def duration_s(text: str) -> float:
    """Return the seconds of a duration such as "1h2m3.5s" or "250ms"."""
    return sum(float(value) * _UNITS_S[unit] for value, unit in _ONE_PART.findall(text))


def server_time(headers: Mapping[str, str], now: datetime) -> datetime:
    """Return the time by the server's own clock, where it tells it."""
    return date_of(headers.get("date", "")) or now


def date_of(text: str) -> datetime | None:
    """Return the moment that a date of HTTP or of ISO 8601 names; None for anything else."""
    for parse in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            moment = parse(text)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return None


def number(text: str | None) -> float | None:
    """Return a plain number of a sane length, or None."""
    text = (text or "").strip()
    return float(text) if _NUMBER.fullmatch(text) else None


def _from_number(value: float, now: datetime) -> float:
    if value < _EPOCH_FROM:
        return value
    moment_s = value / 1000 if value >= _EPOCH_MS_FROM else value
    return max(moment_s - now.timestamp(), 0.0)


def _resets(headers: Mapping[str, str], now: datetime) -> Iterator[tuple[float, float | None]]:
    """Yield the wait that each header about a limit tells, and how much of that limit is left."""
    for name, text in headers.items():
        wait_s = told_s(text, now) if _RESET.fullmatch(name) else None
        if wait_s is not None:
            yield wait_s, number(headers.get(name.replace("reset", "remaining")))
