"""How long an answer asks to wait, wherever it says so: in its headers, or in its body."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from tasks.sources.http.retry_after import (
    number,
    reset_s,
    retry_after_s,
    server_time,
    told_s,
)

#: What is asked for beyond this is a mistake, or a hostile server: it counts as not told.
LONGEST_S = 7 * 86_400.0
#: A body's words about a wait stand at its beginning; what is longer is no error.
_BODY_MAX_BYTES = 1 << 16
_TEXT_MAX_CHARACTERS = 4_000
_VALUES_MAX = 2_000

#: Fields in which bodies say it. Google's RetryInfo has the first.
_FIELDS = frozenset({"retrydelay", "retryafter", "retryafterseconds", "retryafters"})
_FIELDS_MS = frozenset({"retryafterms", "retryaftermilliseconds"})
_UNIT = r"(?:milliseconds?|msecs?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d)"
_PIECE = rf"\d{{1,9}}(?:\.\d{{1,9}})?\s?{_UNIT}"
#: "Please retry in 41.204s", "try again in 6m0s", "wait 1 minute and 20 seconds", "retry after 20".
_WORDS = re.compile(
    r"\b(?:retry(?:ing)?|try(?:ing)?\s+again|wait|available\s+again|resets?)\s+"
    r"(?:(?:at\s+least|about|for|in|after|another)\s+){0,2}"
    rf"(?P<wait>{_PIECE}(?:(?:,|\s+and)?\s*{_PIECE}){{0,3}})\b"
    r"|\bretry[\s_-]after:?\s+(?P<seconds>\d{1,9}(?:\.\d{1,9})?)\b",
    re.IGNORECASE | re.ASCII,
)
_SPOKEN_PIECE = re.compile(r"(\d+(?:\.\d+)?)\s?([a-z]+)", re.IGNORECASE | re.ASCII)
_SPOKEN_S = (("ms", 1e-3), ("mil", 1e-3), ("s", 1.0), ("m", 60.0), ("h", 3600.0), ("d", 86_400.0))


def wait_of(
    headers: Mapping[str, str], body: bytes, now: datetime, *, longest_s: float = LONGEST_S
) -> float | None:
    """Return the seconds that an answer asks to wait, from 0 to `longest_s`.

    `Retry-After` is believed first, then what the body says, then when a limit is reset.

    Args:
        headers: The answer's headers by lower-case name.
        body: Its body.
        now: The time, where the answer does not tell its server's.
        longest_s: Longer waits are not believed.

    Returns:
        None where it asks for none, or where nothing that it says can be understood.
    """
    told = (
        retry_after_s(headers, now),
        _in_body(body, server_time(headers, now)),
        reset_s(headers, now),
    )
    return next((wait_s for wait_s in told if wait_s is not None and wait_s <= longest_s), None)


def _in_body(body: bytes, now: datetime) -> float | None:
    if not body or len(body) > _BODY_MAX_BYTES:
        return None
    text = body.decode("utf-8", "replace")
    try:
        values = list(_values(json.loads(text)))
    except (ValueError, RecursionError):
        return _in_words(text)
    for read in (_in_field, _in_headers, _in_text):
        for key, value in values:
            wait_s = read(key, value, now)
            if wait_s is not None:
                return wait_s
    return None


def _values(found: Any) -> Iterator[tuple[str, Any]]:
    """Yield every key and value inside a body, the outer ones first; bounded."""
    waiting: deque[tuple[str, Any]] = deque([("", found)])
    for _ in range(_VALUES_MAX):
        if not waiting:
            return
        key, value = waiting.popleft()
        yield key, value
        if isinstance(value, dict):
            waiting.extend((str(inner), value[inner]) for inner in value)
        elif isinstance(value, list):
            waiting.extend((key, inner) for inner in value)


def _in_field(key: str, value: Any, now: datetime) -> float | None:
    name = re.sub("[^a-z]", "", key.lower())
    if isinstance(value, dict) and name == "retrydelay":  # {"seconds": 41, "nanos": 204000000}
        seconds, nanos = number(str(value.get("seconds", 0))), number(str(value.get("nanos", 0)))
        return None if seconds is None or nanos is None else seconds + nanos / 1e9
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    if name in _FIELDS_MS:
        ms = number(str(value))
        return None if ms is None else ms / 1000
    return told_s(str(value), now) if name in _FIELDS else None


def _in_headers(key: str, value: Any, now: datetime) -> float | None:
    """Read headers that a provider's own answer had, where a broker passes them on."""
    if key.lower() != "headers" or not isinstance(value, dict):
        return None
    headers = {str(name).lower(): str(text) for name, text in value.items()}
    asked_s = retry_after_s(headers, now)
    return reset_s(headers, now) if asked_s is None else asked_s


def _in_text(_: str, value: Any, __: datetime) -> float | None:
    return _in_words(value) if isinstance(value, str) else None


def _in_words(text: str) -> float | None:
    match = _WORDS.search(text[:_TEXT_MAX_CHARACTERS])
    if match is None:
        return None
    if match["seconds"]:
        return float(match["seconds"])
    return sum(_spoken_s(*piece) for piece in _SPOKEN_PIECE.findall(match["wait"]))


def _spoken_s(value: str, unit: str) -> float:
    scale = next(scale for start, scale in _SPOKEN_S if unit.lower().startswith(start))
    return float(value) * scale
