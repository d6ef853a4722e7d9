"""Whether there are colours is asked in one place, and NO_COLOR holds for every command."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest

from models.settings.colour import wants_colour

ROOT = Path(__file__).resolve().parents[3]


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("no_color", "term", "expected"),
    [("", "xterm", True), ("1", "xterm", False), ("", "dumb", False), ("", "", True)],
)
def test_a_terminal_has_colours_unless_its_user_wants_none(
    monkeypatch: pytest.MonkeyPatch, no_color: str, term: str, expected: bool
) -> None:
    monkeypatch.setenv("NO_COLOR", no_color)
    monkeypatch.setenv("TERM", term)
    assert wants_colour(_Terminal()) == expected


def test_what_is_no_terminal_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    closed = io.StringIO()
    closed.close()
    assert not any(wants_colour(stream) for stream in (None, io.StringIO(), closed))


def test_only_the_module_that_asks_paints() -> None:
    """`click.style` and `click.secho` know nothing of NO_COLOR."""
    painting = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "cli").rglob("*.py")
        if re.search(r"\bclick\.(style|secho)\b", path.read_text())
    }
    assert painting == {"cli/display/terminal.py"}
