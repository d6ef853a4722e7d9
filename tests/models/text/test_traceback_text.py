"""Tracebacks as they are stored: the end of them, and no secret."""

from __future__ import annotations

from models.text.traceback_text import TRACEBACK_MAX_LENGTH, traceback_text

SECRET = "ghp_" + "Zx9Kq7Lm2Np4Rs6Tv8Wy" + "1Bc3Df5Gh7Jk9M"


def traced(message: str) -> str:
    """Return the traceback of an error that was raised because of another one."""
    try:
        try:
            raise LookupError(message)
        except LookupError as exc:
            raise RuntimeError("at last") from exc
    except RuntimeError as exc:
        return traceback_text(exc)


def test_it_tells_the_cause_too() -> None:
    text = traced("at first")
    assert text.startswith("Traceback (most recent call last):")
    assert "LookupError: at first" in text
    assert text.endswith("RuntimeError: at last")


def test_a_long_one_keeps_its_end() -> None:
    text = traced("x" * 100_000)
    assert len(text) == TRACEBACK_MAX_LENGTH
    assert text.startswith("[cut]…")
    assert text.endswith("RuntimeError: at last")


def test_it_is_redacted_as_a_whole_before_it_is_cut() -> None:
    """Wherever the cut falls, no part of a secret is left, and nothing invisible hides one."""
    hidden = f"{SECRET[:20]}\u200b{SECRET[20:]}"
    rest = len(traced("")) + len("[cut]…")
    for secret in (SECRET, hidden):
        for offset in range(-60, 60):
            filled = secret + "x" * (TRACEBACK_MAX_LENGTH - rest + offset)
            text = traced(filled)
            assert not any(SECRET[at : at + 8] in text for at in range(len(SECRET) - 8)), offset


def test_it_can_be_printed_and_stored() -> None:
    text = traced("\x1b[31mred\x00 \ud800")
    assert "\x1b" not in text
    assert "\x00" not in text
    assert "\n" in text
    text.encode()
