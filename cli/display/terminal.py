"""How things look: lines, colours, marks and ages, without a dependency.

Colours appear on a terminal, or anywhere with FORCE_COLOR, and never with NO_COLOR. Lines are
broken at the width of a terminal; a pipe gets them whole.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from datetime import datetime
from typing import Any, TextIO

import click

from cli.display.fields import names_in, picked
from models.settings.colour import wants_colour
from models.settings.terminal_width import terminal_columns
from models.statuses import AttemptOutcome, State
from models.text.width import wrapped

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
#: Of the levels of records that ask for a look.
LEVEL_COLOURS: Mapping[str, str] = {"WARNING": "yellow", "ERROR": "red"}
#: Status to mark; a stream that cannot carry one writes its stand-in (`cli.streams`).
_MARKS: Mapping[str, str] = {
    State.SUCCESS: "✓",
    State.FAILED: "✗",
    State.RUNNING: "▶",
    State.OVERDUE: "▶",
    State.STALLED: "!",
    AttemptOutcome.INTERRUPTED: "!",
    State.RETRYING: "↻",
    State.WAITING: "…",
    State.QUEUED: "…",
    State.CANCELLED: "■",
    State.SKIPPED: "–",
    State.PENDING: "·",
    "warning": "!",
}


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
    return status_text(status, plain_mark(status))


def plain_mark(status: str) -> str:
    """Return the one-character mark of a status."""
    return _MARKS.get(status, "?")


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


def emit_json(value: Any, *, indent: int | None = 2, stream: TextIO | None = None) -> None:
    """Write a value to stdout, or another stream, as JSON in ASCII: no text can break out of it.

    On stdout it is what `--fields` asks for, where that was given.
    """
    context = click.get_current_context(silent=True)
    fields = context.meta.get("scout.fields") if context and stream is None else None
    if fields:
        whole = value
        value, missing = picked(whole, fields)
        if missing and indent is not None:  # of lines, each has its own
            known = ", ".join(names_in(whole))
            # Not which: whatever was typed there may be a token.
            say(f"--fields: {len(missing)} of them not there. There are: {known}.", err=True)
    click.echo(json.dumps(value, indent=indent, default=str), stream)


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


def terminal_width(stream: TextIO | None = None) -> int | None:
    """Return the columns of the terminal on a stream, stdout by default; None where it is none."""
    return terminal_columns(stream or sys.stdout)


def say(text: str = "", *, hang: int = 2, err: bool = False, stream: TextIO | None = None) -> None:
    """Write lines for people to stdout or stderr; on a terminal none is wider than it is.

    Args:
        text: Printable text, painted or not.
        hang: How far the later lines of what was one line are set in.
        err: Whether to write to stderr.
        stream: Where to write instead.
    """
    stream = stream or (sys.stderr if err else sys.stdout)
    click.echo(
        wrapped(text, terminal_width(stream), hang), stream, color=wants_colour(stream) or None
    )
