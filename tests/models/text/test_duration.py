"""A duration is said in one way everywhere."""

from __future__ import annotations

import pytest

from models.text.duration import duration


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (None, ""),
        (0, "0 ms"),
        (4.4, "4 ms"),
        (999.6, "1.0 s"),
        (1_250, "1.2 s"),
        (59_960, "1 min 00 s"),
        (185_000, "3 min 05 s"),
        (7_800_000, "2 h 10 min"),
        (180_000_000, "2 d 2 h"),
    ],
)
def test_durations(ms: float | None, text: str) -> None:
    assert duration(ms) == text
