"""Tables for people: aligned columns, fitted to the width of a terminal; a pipe gets them whole."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from cli.display.terminal import faint, status_text, terminal_width
from models.text.width import cut, pad, width_of

COLUMN_GAP = "  "
_MIN_FLEXIBLE_WIDTH = 10


class Column(Struct, frozen=True):
    """A column of a table.

    Attributes:
        title: Its heading.
        right: Whether its cells stand to the right.
        flexible: Whether it is cut first where a terminal is narrow.
        leave_out: What a terminal that is too narrow for all columns does without, the highest
            number first; 0 for what is always shown.
    """

    title: str
    right: bool = False
    flexible: bool = False
    leave_out: int = 0


def table_lines(
    columns: Sequence[Column], rows: Sequence[Sequence[str]], statuses: Sequence[str] = ()
) -> list[str]:
    """Return a heading and a line per row, aligned.

    Args:
        columns: What the cells are.
        rows: Plain printable cells.
        statuses: A status per row, in whose colour the row's cell "STATUS" is painted.
    """
    lines = [[column.title for column in columns], *rows]
    widths = _widths(columns, lines)
    out = []
    for number, cells in enumerate(lines):
        shown = []
        for column, cell, width in zip(columns, cells, widths, strict=True):
            if width is None:
                continue
            text = pad(cut(cell, width), width, right=column.right)
            if number and statuses and column.title == "STATUS":
                text = status_text(statuses[number - 1], text)
            shown.append(text)
        line = COLUMN_GAP.join(shown).rstrip()
        out.append(line if number else faint(line))
    return out


def _widths(columns: Sequence[Column], lines: Sequence[Sequence[str]]) -> list[int | None]:
    """Return the width of each column; None where the terminal has no room for it."""
    wanted = [max(width_of(line[i]) for line in lines) for i in range(len(columns))]
    limit = terminal_width()
    widths: list[int | None] = [*wanted]
    if limit is None:
        return widths
    least = [
        min(width, _MIN_FLEXIBLE_WIDTH) if column.flexible else width
        for column, width in zip(columns, wanted, strict=True)
    ]
    going = sorted((one.leave_out, i) for i, one in enumerate(columns) if one.leave_out)
    while _total(least, widths) > limit and going:
        widths[going.pop()[1]] = None
    for flexible in (True, False):  # what cannot give way does, where nothing else helps
        for i, column in enumerate(columns):
            width, excess = widths[i], _total(widths, widths) - limit
            if width is not None and excess > 0 and column.flexible is flexible:
                widths[i] = max(min(width, _MIN_FLEXIBLE_WIDTH), width - excess)
    return widths


def _total(widths: Sequence[int | None], shown: Sequence[int | None]) -> int:
    """Return the columns that a line takes, of what is shown of it."""
    taken = [width or 0 for width, one in zip(widths, shown, strict=True) if one is not None]
    return sum(taken) + len(COLUMN_GAP) * (len(taken) - 1)
