"""One function finds the wait that an answer asks for, wherever it stands."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from tasks.sources.http.told_wait import LONGEST_S, wait_of

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
#: Google's answer, and that of a broker which passes a provider's headers on.
RETRY_INFO = [
    {
        "error": {
            "code": 429,
            "message": "You exceeded your current quota. Please retry in 41.204s.",
            "status": "RESOURCE_EXHAUSTED",
            "details": [
                {"@type": "type.googleapis.com/google.rpc.Help", "links": []},
                {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "41s"},
            ],
        }
    }
]
PASSED_ON = {
    "error": {
        "message": "Rate limit exceeded: free-models-per-min.",
        "code": 429,
        "metadata": {
            "headers": {
                "X-RateLimit-Limit": "20",
                "X-RateLimit-Remaining": "0",
                "X-RateLimit-Reset": str(int(NOW.timestamp() + 17) * 1000),
            }
        },
    }
}


def waited(body: Any, **headers: str) -> float | None:
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    return wait_of({name.replace("_", "-"): text for name, text in headers.items()}, sent, NOW)


@pytest.mark.parametrize(
    ("body", "seconds"),
    [
        (RETRY_INFO, 41.0),
        (PASSED_ON, 17.0),
        ({"error": {"retryDelay": {"seconds": "41", "nanos": 500_000_000}}}, 41.5),
        ({"error": {"retry_after": 12}}, 12.0),
        ({"error": {"retry_after_ms": 1500}}, 1.5),
        ({"detail": {"retryAfterSeconds": "9"}}, 9.0),
        ({"retry_after": True}, None),
        ({"retry_after": "later"}, None),
        ({"error": {"message": "No."}}, None),
        (b"", None),
        (b"[" * 9_000, None),
        (b'{"retry_after": ' + b"9" * 5_000 + b"}", None),
    ],
)
def test_a_body_may_hold_it_in_a_field(body: Any, seconds: float | None) -> None:
    assert waited(body) == seconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Please retry in 41.204s.", 41.204),
        ("Please try again in 20s. Visit our site.", 20.0),
        ("Limit 3, Used 3. Please try again in 6m0s.", 360.0),
        ("Please try again in 7m12.5s.", 432.5),
        ("Please try again in 250ms.", 0.25),
        ("Try again in 1 hour and 30 minutes", 5400.0),
        ("try again in about 2 hours, 5 mins", 7500.0),
        ("Retrying after 3 seconds", 3.0),
        ("Please wait for 30 seconds before sending another request", 30.0),
        ("Please wait at least 1 minute.", 60.0),
        ("Too many requests. Retry after 20", 20.0),
        ("retry-after: 20", 20.0),
        ("Retry your request. The maximum is 30 s of audio.", None),
        ("wait for 30 people", None),
        ("The context has 8192 tokens. Try again in the morning.", None),
    ],
)
def test_a_body_may_say_it_in_words(text: str, seconds: float | None) -> None:
    expected = None if seconds is None else pytest.approx(seconds)
    assert waited({"error": {"message": text}}) == expected
    assert waited(text.encode()) == expected


def test_a_header_is_believed_before_the_body_and_the_body_before_a_reset() -> None:
    assert waited(RETRY_INFO, retry_after="7", x_ratelimit_reset="90") == 7.0
    assert waited(RETRY_INFO, x_ratelimit_reset="90") == 41.0
    assert waited({}, x_ratelimit_reset="90") == 90.0


def test_a_header_that_cannot_be_understood_is_as_if_it_were_absent() -> None:
    date = "Mon, 01 Jan 99999999999999999999 00:00:00 GMT"
    assert waited({"error": {"message": "Slow down."}}, retry_after=date) is None
    assert waited(RETRY_INFO, retry_after=date) == 41.0


def test_no_wait_is_longer_than_the_longest() -> None:
    assert waited({}, retry_after="9" * 400) is None
    assert waited({}, retry_after="Sun, 01 Mar 2099 12:00:00 GMT") is None
    assert waited({"message": "Try again in 400 days"}) is None
    assert waited({"message": "Try again in 7 days"}, retry_after="9" * 400) == LONGEST_S


@pytest.mark.parametrize(
    "text",
    ["retry " * 10_000, "try again in " * 5_000, "wait 1s " + "1s" * 30_000, "retry in 1" * 6000],
)
def test_hostile_words_cost_no_time(text: str) -> None:
    began_s = time.process_time()
    waited({"error": text})
    waited(text.encode())
    assert time.process_time() - began_s < 5.0
