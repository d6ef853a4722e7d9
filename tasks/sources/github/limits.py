"""What GitHub's answers say about its limits, in all the ways in which it says so.

A primary limit is a quota used up: `x-ratelimit-remaining: 0` and the time of its reset. A
secondary limit is GitHub's judgement that this is too much at once: 403 or 429, with
`Retry-After`, or with another header, or with nothing but a message.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from msgspec import Struct

from models.codes import Code
from models.text.clean import clean_text
from models.text.page import page_in_words
from tasks.sources.github.http import GitHubAnswer
from tasks.sources.http.retry_after import retry_after_s, server_time, told_s
from tasks.sources.http.told_wait import wait_of

#: Longer waits than this are not believed: GitHub's longest window is an hour, and servers of
#: one's own may count by the day.
MAX_WAIT_S = 86_460.0
#: A reset is told in whole seconds, and clocks differ.
MARGIN_S = 1.0
#: Characters of GitHub's own words that are shown, and bytes of a body that are read for them.
_MESSAGE_MAX_CHARACTERS = 300
_READ_BYTES = 64 << 10
#: Statuses with which what is no REST API of a GitHub answers.
_URL_WRONG = frozenset({404, 405, 410})
_REFUSALS: Mapping[int, Code] = MappingProxyType(
    {
        401: Code.GITHUB_TOKEN_REFUSED,
        403: Code.GITHUB_FORBIDDEN,
        422: Code.GITHUB_QUERY_REFUSED,
        451: Code.GITHUB_FORBIDDEN,
    }
)
_LIMIT_WORDS = ("rate limit", "rate-limit", "abuse detection")


class Quota(Struct, frozen=True):
    """What an answer says about a quota; `resets_in_s` counts from the answer."""

    bucket: str
    limit: int
    remaining: int
    resets_in_s: float


class Throttled(Struct, frozen=True):
    """GitHub wants to be left alone; `wait_s` is None where it does not say for how long."""

    secondary: bool
    wait_s: float | None


def read_quota(answer: GitHubAnswer, now: datetime, asked_of: str | None) -> Quota | None:
    """Return the quota that an answer was counted against, or None where it tells none.

    Args:
        answer: The answer.
        now: The time, where the server does not tell its own.
        asked_of: The bucket, where the answer does not name it, as old servers do not.
    """
    headers = answer.headers
    limit = _count(headers.get("x-ratelimit-limit"))
    remaining = _count(headers.get("x-ratelimit-remaining"))
    resets_in_s = _reset_in_s(headers, now)
    if limit is None or remaining is None or resets_in_s is None:
        return None
    bucket = headers.get("x-ratelimit-resource") or asked_of or ""
    return Quota(bucket, limit, min(remaining, limit), resets_in_s)


def read_throttled(answer: GitHubAnswer, now: datetime) -> Throttled | None:
    """Return which limit an answer is the refusal of, or None where it is no such refusal."""
    if answer.status not in {403, 429}:
        return None
    headers, message = answer.headers, message_of(answer).lower()
    used_up = headers.get("x-ratelimit-remaining", "").strip() == "0"
    asked_s = read_wait(answer, now)
    if retry_after_s(headers, now) is None and is_about_one_repository(answer):
        return None
    if used_up and "secondary" not in message:
        return Throttled(secondary=False, wait_s=asked_s)
    limited = answer.status == 429 or "gh-limited-by" in headers or asked_s is not None
    if limited or any(words in message for words in _LIMIT_WORDS):
        return Throttled(secondary=True, wait_s=asked_s)
    return None


def read_wait(answer: GitHubAnswer, now: datetime) -> float | None:
    """Return the seconds that an answer asks to wait, wherever it says so; None where nowhere."""
    asked_s = wait_of(answer.headers, answer.body, now, longest_s=MAX_WAIT_S)
    if asked_s is None:
        return None
    is_reset = asked_s == _left_s(answer.headers, now)
    return max(asked_s + MARGIN_S * is_reset, MARGIN_S)


def is_about_one_repository(answer: GitHubAnswer) -> bool:
    """Say whether a 403 is about what was asked for: blocked by GitHub, or single sign-on."""
    return "x-github-sso" in answer.headers or isinstance(_object(answer).get("block"), dict)


def code_of_status(status: int) -> Code:
    """Return what kind of failure it is that GitHub refuses, and not for its limits' sake."""
    if status in _URL_WRONG or 300 <= status < 400:
        return Code.GITHUB_URL_WRONG
    return _REFUSALS.get(status, Code.GITHUB_REFUSED)


def message_of(answer: GitHubAnswer) -> str:
    """Return GitHub's own words about an error, redacted and cut."""
    message = _object(answer).get("message")
    if not isinstance(message, str):
        message = page_in_words(answer.body[:_READ_BYTES].decode(errors="replace"))
    return clean_text(message, _MESSAGE_MAX_CHARACTERS)


def said_by(answer: GitHubAnswer) -> str:
    """Return an error's status and GitHub's own words about it; a proxy's page has none."""
    words = message_of(answer) if _object(answer) else ""
    return f"HTTP {answer.status}" + (f": {words}" if words else "")


def _reset_in_s(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the seconds to the reset by the server's own clock, where it tells its time."""
    left_s = _left_s(headers, now)
    return None if left_s is None else min(left_s + MARGIN_S, MAX_WAIT_S)


def _left_s(headers: Mapping[str, str], now: datetime) -> float | None:
    return told_s(headers.get("x-ratelimit-reset"), server_time(headers, now))


def _object(answer: GitHubAnswer) -> Mapping[str, object]:
    if not answer.body.lstrip().startswith(b"{"):
        return {}
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _count(text: str | None) -> int | None:
    text = (text or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 15 else None
