"""How durations, ages, sizes and tables look."""

from __future__ import annotations

import io

import pytest

from cli.display import terminal as output
from cli.display.terminal import Column


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
    assert output.duration(ms) == text


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


def test_width_counts_columns_not_characters() -> None:
    assert output.width_of("数据") == 4
    assert output.width_of("e\u0301") == 1
    assert output.pad("数", 4) == "数  "


def test_cut_keeps_within_the_width() -> None:
    assert output.cut("short", 5) == "short"
    assert output.width_of(output.cut("数据库数据库", 6)) <= 6


def test_a_table_is_aligned_and_whole_where_there_is_no_terminal() -> None:
    rows = [["a", "1"], ["b" * 200, "22"]]
    lines = output.table([Column("NAME", flexible=True), Column("N", right=True)], rows)
    assert lines[0] == "NAME" + " " * 196 + "   N"
    assert lines[2] == "b" * 200 + "  22"


def test_a_flexible_column_gives_way_on_a_narrow_terminal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(output, "terminal_width", lambda: 30)
    lines = output.table([Column("NAME", flexible=True), Column("N")], [["b" * 200, "22"]])
    assert max(map(len, lines)) <= 30


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
