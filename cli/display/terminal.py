"""How things look: colours, marks, durations, ages and tables, without a dependency.

Colours appear on a terminal only, and never with NO_COLOR. Columns are cut to the width of a
terminal; a pipe gets them whole.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TextIO

import click

from models.settings.colour import wants_colour
from models.statuses import AttemptOutcome, State

COLUMN_GAP = "  "
_MIN_FLEXIBLE_WIDTH = 10
_STATUS_COLOURS: Mapping[str, str] = {
    State.SUCCESS: "green",
    State.FAILED: "red",
    AttemptOutcome.INTERRUPTED: "red",
    State.STALLED: "red",
    State.OVERDUE: "yellow",
    State.RETRYING: "yellow",
    State.CANCELLED: "yellow",
    State.RUNNING: "cyan",
    State.WAITING: "cyan",
    State.QUEUED: "cyan",
    "warning": "yellow",
}
#: Status to mark; the second is for streams that carry ASCII only.
_MARKS: Mapping[str, tuple[str, str]] = {
    State.SUCCESS: ("✓", "+"),
    State.FAILED: ("✗", "x"),
    State.RUNNING: ("▶", ">"),
    State.OVERDUE: ("▶", ">"),
    State.STALLED: ("!", "!"),
    AttemptOutcome.INTERRUPTED: ("!", "!"),
    State.RETRYING: ("↻", "r"),
    State.WAITING: ("…", "."),
    State.QUEUED: ("…", "."),
    State.CANCELLED: ("■", "#"),
    State.SKIPPED: ("–", "-"),
    State.PENDING: ("·", "."),
    "warning": ("!", "!"),
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table. A flexible one is cut first when a terminal is narrow."""

    title: str
    right: bool = False
    flexible: bool = False


def paint(
    text: str, colour: str | None, *, bold: bool = False, stream: TextIO | None = None
) -> str:
    """Return `text` in a colour where the stream, stdout by default, may have colours."""
    if not text or not wants_colour(stream or sys.stdout):
        return text
    return click.style(text, fg=colour, bold=bold or None)


def faint(text: str) -> str:
    """Return `text` toned down."""
    return click.style(text, dim=True) if text and wants_colour(sys.stdout) else text


def status_text(status: str, text: str | None = None) -> str:
    """Return a status, or a text that stands for it, in the status's colour."""
    return paint(text or status, _STATUS_COLOURS.get(status))


def status_mark(status: str) -> str:
    """Return the one-character mark of a status, in its colour."""
    return status_text(status, symbol(*_MARKS.get(status, ("?", "?"))))


def symbol(fancy: str, plain: str) -> str:
    """Return the fancy form where stdout can carry it."""
    try:
        fancy.encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return plain
    return fancy


def indented(text: str, columns: int) -> list[str]:
    """Return the lines of a text from anywhere, such as a traceback, each moved to the right."""
    from models.text.printable import printable

    lines = printable(text, keep_newlines=True).splitlines()
    return [(" " * columns + line).rstrip() for line in lines]


def hanging(text: str, width: int) -> str:
    """Return text from anywhere for people, its later lines set in by `width`.

    No line but the first can pass for one of Scout's own.
    """
    from models.text.clean import clean_text

    return clean_text(text, keep_newlines=True).strip().replace("\n", "\n" + " " * width)


def emit_json(value: Any, *, indent: int | None = 2) -> None:
    """Write a value to stdout as JSON in ASCII, which no text in it can break out of."""
    click.echo(json.dumps(value, indent=indent, default=str))


def duration(ms: float | None) -> str:
    """Return milliseconds as people say them; an empty string for None."""
    if ms is None:
        return ""
    if ms < 999.5:
        return f"{ms:.0f} ms"
    if ms < 59_950:
        return f"{ms / 1000:.1f} s"
    seconds = round(ms / 1000)
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60:02d} s"
    if seconds < 86_400:
        return f"{seconds // 3600} h {seconds % 3600 // 60:02d} min"
    return f"{seconds // 86_400} d {seconds % 86_400 // 3600} h"


def age(seconds: float) -> str:
    """Return how long ago something was, in its largest unit."""
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{int(seconds // size)} {unit} ago"
    return f"{max(0, int(seconds))} s ago"


def size(count: int | None) -> str:
    """Return bytes as people say them; an empty string for None."""
    if count is None:
        return ""
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"


def local_time(iso: str) -> str:
    """Return a stored time as local date and time with its offset from UTC."""
    return datetime.fromisoformat(iso).astimezone().strftime("%Y-%m-%d %H:%M:%S %z")


def width_of(text: str) -> int:
    """Return how many columns of a terminal a text takes; painted text is not meant."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(2 if east_asian_width(c) in "WF" else 0 if combining(c) else 1 for c in text)


def cut(text: str, width: int) -> str:
    """Return `text` in at most `width` columns; what is cut ends with an ellipsis."""
    if width_of(text) <= width:
        return text
    while text and width_of(text) > width - 1:
        text = text[:-1]
    return text + symbol("…", "~")


def pad(text: str, width: int, *, right: bool = False) -> str:
    """Return `text` filled up to `width` columns."""
    blanks = " " * max(0, width - width_of(text))
    return blanks + text if right else text + blanks


def terminal_width() -> int | None:
    """Return the columns of the terminal on stdout, or None where it is no terminal."""
    if not sys.stdout.isatty():
        return None
    from shutil import get_terminal_size

    return get_terminal_size().columns


def table(
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
            text = pad(cut(cell, width), width, right=column.right)
            if number and statuses and column.title == "STATUS":
                text = status_text(statuses[number - 1], text)
            shown.append(text)
        line = COLUMN_GAP.join(shown).rstrip()
        out.append(line if number else faint(line))
    return out


def _widths(columns: Sequence[Column], lines: Sequence[Sequence[str]]) -> list[int]:
    """Return the width of each column, flexible ones narrowed to fit the terminal."""
    widths = [max(width_of(line[i]) for line in lines) for i in range(len(columns))]
    limit = terminal_width()
    if limit is None:
        return widths
    for i, column in enumerate(columns):
        excess = sum(widths) + len(COLUMN_GAP) * (len(widths) - 1) - limit
        if column.flexible and excess > 0:
            widths[i] = max(_MIN_FLEXIBLE_WIDTH, widths[i] - excess)
    return widths
