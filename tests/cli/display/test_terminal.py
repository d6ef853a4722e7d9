"""How ages, sizes, colours and JSON look."""

from __future__ import annotations

import io

import pytest

from cli.display import terminal as output


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-3, "0 s ago"),
        (59.9, "59 s ago"),
        (61, "1 min ago"),
        (7200, "2 h ago"),
        (90_000, "1 d ago"),
    ],
)
def test_ages(seconds: float, text: str) -> None:
    assert output.age(seconds) == text


def test_sizes() -> None:
    assert [output.size(n) for n in (None, 0, 999, 610_300, 5 * 10**12)] == [
        "", "0 B", "999 B", "610.3 kB", "5.0 TB",
    ]  # fmt: skip


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_colours_are_for_terminals_without_no_color(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert output.paint("x", "red", stream=Terminal()) == "\x1b[31mx\x1b[0m"
    assert output.paint("x", "red", stream=io.StringIO()) == "x"
    monkeypatch.setenv("NO_COLOR", "1")
    assert output.paint("x", "red", stream=Terminal()) == "x"


def test_json_is_ascii_so_that_no_text_reaches_the_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    output.emit_json({"q": "\x9b31m\u202e\u2028é"})
    assert capsys.readouterr().out == '{\n  "q": "\\u009b31m\\u202e\\u2028\\u00e9"\n}\n'
