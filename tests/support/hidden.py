"""What a stranger can put between two letters without its being seen."""

from __future__ import annotations

HIDDEN = (
    "\u200b", "\u200d", "\ufeff", "\u00ad", "\u2060", "\u202e", "\u2066", "\x00", "\x07",
    "\x1b[31m", "\x1b[0m", "\x9b1m", "\x1b]0;title\x07", "\x1b]8;;https://x.example\x1b\\",
    "\U000e0041", "\ufe0f", "\u0301", "\x7f", "\x80", "\ud800", "\u3164",
)  # fmt: skip


def pieces_left(secret: str, text: str, length: int = 8) -> list[str]:
    """Return every run of `length` letters of a secret that stands in a text."""
    runs = (secret[at : at + length] for at in range(len(secret) - length + 1))
    return [run for run in runs if run in text]
