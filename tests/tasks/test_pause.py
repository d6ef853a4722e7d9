"""How waits are told to people."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from models.clock import spoken, spoken_wait

NOW = datetime(2026, 3, 1, 18, 13, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.4, "0 s"),
        (41.2, "41 s"),
        (119.4, "119 s"),
        (120, "2 min (until 18:15 UTC)"),
        (3592, "60 min (until 19:13 UTC)"),
        (12_600, "3.5 h (until 21:43 UTC)"),
        (86_400, "24.0 h (until 2026-03-02 18:13 UTC)"),
    ],
)
def test_a_long_wait_says_when_it_ends(seconds: float, words: str) -> None:
    assert spoken_wait(seconds, NOW) == words
    assert words.startswith(spoken(seconds))


def test_no_wait_is_too_long_for_the_calendar() -> None:
    assert "2027-03-01" in spoken_wait(1e300, NOW)
