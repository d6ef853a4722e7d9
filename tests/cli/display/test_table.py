"""Tables are aligned, and fit the terminal."""

from __future__ import annotations

import pytest

from cli.display import table as output
from cli.display.table import Column
from models.text.width import width_of


def test_a_table_is_aligned_and_whole_where_there_is_no_terminal() -> None:
    rows = [["a", "1"], ["b" * 200, "22"]]
    lines = output.table_lines([Column("NAME", flexible=True), Column("N", right=True)], rows)
    assert lines[0] == "NAME" + " " * 196 + "   N"
    assert lines[2] == "b" * 200 + "  22"


def test_a_flexible_column_gives_way_on_a_narrow_terminal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(output, "terminal_width", lambda: 30)
    lines = output.table_lines([Column("NAME", flexible=True), Column("N")], [["b" * 200, "22"]])
    assert max(map(len, lines)) <= 30


def test_what_a_narrow_terminal_does_without_is_left_out_before_anything_overflows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    columns = [
        Column("RUN"),
        Column("KIND", leave_out=2),
        Column("SIZE", right=True, leave_out=1),
        Column("NOTE", flexible=True),
    ]
    rows = [["r" * 26, "k" * 20, "12", "数据" * 40]]
    headings = {}
    for columns_there in (90, 50, 41, 30):
        monkeypatch.setattr(output, "terminal_width", lambda there=columns_there: there)
        lines = output.table_lines(columns, rows)
        assert max(map(width_of, lines)) <= columns_there
        headings[columns_there] = lines[0].split()
    assert headings == {
        90: ["RUN", "KIND", "SIZE", "NOTE"],
        50: ["RUN", "SIZE", "NOTE"],
        41: ["RUN", "NOTE"],
        30: ["RUN", "NOTE"],
    }
