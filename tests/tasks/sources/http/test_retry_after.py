"""Waits that are told in headers, in every form in which they are met."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tasks.sources.http.retry_after import reset_s, retry_after_s

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
EPOCH_S = int(NOW.timestamp())


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("7", 7.0),
        (" 1.5 ", 1.5),
        ("0", 0.0),
        ("soon", None),
        ("-3", None),
        ("²", None),
        ("9" * 400, float("inf")),
        ("9" * 4000, None),
        ("41s", 41.0),
        ("Sun, 01 Mar 2026 12:00:30 GMT", 30.0),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0.0),
        ("Sunday, 01-Mar-26 12:00:30 GMT", 30.0),
        ("2026-03-01T12:00:30Z", 30.0),
        ("2026-03-01T13:00:30+01:00", 30.0),
        (str(EPOCH_S + 20), 20.0),
        ("Mon, 01 Jan 99999999999999999999 00:00:00 GMT", None),
        ("Mon, 01 Jan 10000 00:00:00 GMT", None),
        ("Mon, 01 Jan 2026 00:00:00 +99999999999999999999", None),
        ("Mon, 99999999999999999999 Jan 2026 00:00:00 GMT", None),
        ("0001-01-01T00:00:00+23:59", None),
    ],
)
def test_retry_after_is_a_number_or_a_date_or_as_if_it_were_absent(
    header: str | None, seconds: float | None
) -> None:
    assert retry_after_s({} if header is None else {"retry-after": header}, NOW) == seconds


def test_a_date_counts_from_the_servers_own_clock() -> None:
    headers = {
        "date": "Sun, 01 Mar 2026 09:00:00 GMT",
        "retry-after": "Sun, 01 Mar 2026 09:00:10 GMT",
    }
    assert retry_after_s(headers, NOW) == 10.0


def test_milliseconds_are_more_exact_than_seconds() -> None:
    assert retry_after_s({"retry-after": "2", "retry-after-ms": "1250"}, NOW) == 1.25
    assert retry_after_s({"retry-after": "2", "retry-after-ms": "soon"}, NOW) == 2.0


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"x-ratelimit-reset": str(EPOCH_S + 30)}, 30.0),
        ({"x-ratelimit-reset": str((EPOCH_S + 30) * 1000)}, 30.0),
        ({"x-ratelimit-reset": str(EPOCH_S - 30)}, 0.0),
        ({"x-ratelimit-reset-requests": "6m0s"}, 360.0),
        ({"x-ratelimit-reset-tokens": "120ms"}, 0.12),
        ({"x-ratelimit-reset-tokens": "1h2m3.5s"}, 3723.5),
        ({"x-ratelimit-reset-after": "2.5"}, 2.5),
        ({"x-rate-limit-reset": "12"}, 12.0),
        ({"ratelimit-reset": "50"}, 50.0),
        ({"anthropic-ratelimit-requests-reset": "2026-03-01T12:01:00Z"}, 60.0),
        ({"x-ratelimit-reset-requests": "2m", "x-ratelimit-reset-tokens": "3s"}, 3.0),
        (
            {
                "x-ratelimit-reset-requests": "2m",
                "x-ratelimit-remaining-requests": "0",
                "x-ratelimit-reset-tokens": "3s",
                "x-ratelimit-remaining-tokens": "0",
            },
            120.0,
        ),
        ({"x-ratelimit-reset-requests": "6m", "x-ratelimit-remaining-requests": "9"}, None),
        (
            {
                "x-ratelimit-reset-requests": "6m",
                "x-ratelimit-remaining-requests": "9",
                "x-ratelimit-reset-tokens": "3s",
                "x-ratelimit-remaining-tokens": "0",
            },
            3.0,
        ),
        ({"x-ratelimit-reset": "never"}, None),
        ({"x-ratelimit-limit": "30", "x-password-reset": "30", "x-reset": "3"}, None),
    ],
)
def test_the_reset_of_a_limit_counts_where_it_is_used_up(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert reset_s(headers, NOW) == (None if seconds is None else pytest.approx(seconds))
