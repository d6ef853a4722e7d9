"""Whether there are colours is asked in one place, and NO_COLOR holds for every command."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest

from cli.display.terminal import paint, say
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
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    monkeypatch.setenv("NO_COLOR", no_color)
    monkeypatch.setenv("TERM", term)
    assert wants_colour(_Terminal()) == expected


def test_what_is_no_terminal_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    closed = io.StringIO()
    closed.close()
    assert not any(wants_colour(stream) for stream in (None, io.StringIO(), closed))


@pytest.mark.parametrize(("no_color", "expected"), [("", True), ("1", False)])
def test_a_pipe_has_colours_where_they_are_forced(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    no_color: str,
    expected: bool,
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("NO_COLOR", no_color)
    monkeypatch.setenv("TERM", "dumb")
    assert wants_colour(io.StringIO()) == expected
    assert not wants_colour(None)
    say(paint("red", "red"))
    assert capsys.readouterr().out == ("\x1b[31mred\x1b[0m\n" if expected else "red\n")


def test_only_the_module_that_asks_paints() -> None:
    """`click.style` and `click.secho` know nothing of NO_COLOR."""
    painting = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "cli").rglob("*.py")
        if re.search(r"\bclick\.(style|secho)\b", path.read_text())
    }
    assert painting == {"cli/display/terminal.py"}
