"""Aligned lines for people at a terminal, drawn from the same fields as the JSON lines."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any, TextIO

from models.redaction import default_redactor
from models.settings.terminal_width import terminal_columns
from models.steps import STEP_NAMES
from models.text.duration import duration
from models.text.printable import printable
from models.text.width import wrapped
from workers.logs.fields import HIDDEN, LineRedactor, collect

#: As many characters of a run's id as tell runs apart on one screen: time to the second.
RUN_ID_SHOWN = 8
_STEP_WIDTH = max(map(len, STEP_NAMES))
_LEVELS = {"WARNING": "WARN", "CRITICAL": "FATAL"}
_COLOURS = {"DEBUG": "2", "WARNING": "33", "ERROR": "31", "CRITICAL": "1;31"}
_DIM = "2"
_INDENT = "    "
#: Where a message begins.
_HANG = len("12:00:00 ERROR  ") + _STEP_WIDTH + 2


class TextFormatter(logging.Formatter):
    """Formats every record as `HH:MM:SS LEVEL step message`, in local time, and never raises.

    Further lines of a message and tracebacks are indented, so that no text from outside can
    look like a line of its own.

    Args:
        stream: Where lines go; on a terminal none is wider than it is. None means elsewhere.
        colour: Whether the stream is a terminal that wants colours.
        redactor: Masks secrets; None means the process's own, asked for at every line.
    """

    def __init__(
        self,
        *,
        stream: TextIO | None = None,
        colour: bool = False,
        redactor: LineRedactor | None = None,
    ) -> None:
        super().__init__()
        self._stream = stream
        self._colour = colour
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line, or more with all but the first indented."""
        try:
            redactor = self._redactor or default_redactor()
            return redactor.scrub_line(self.render(collect(record, redactor)))
        except Exception as exc:  # noqa: BLE001 - a line about the failure instead of the failure
            return f"{_clock(None)} ERROR {HIDDEN} (line hidden: {type(exc).__name__})"

    def render(self, fields: Mapping[str, Any]) -> str:
        """Return redacted fields, as of a parsed JSON line, as text for people."""
        level = str(fields.get("level", "INFO"))
        name = _LEVELS.get(level, level)[:5]
        step = _clean(fields.get("step") or "").replace("\n", " ")
        first, *rest = _clean(fields.get("message", "")).split("\n")
        line = (
            f"{_clock(fields.get('timestamp'))} {self._painted(f'{name:<5}', _COLOURS.get(level))}"
            f"  {step:<{_STEP_WIDTH}}  {first}{self._painted(_tail(fields), _DIM)}"
        )
        for key in ("hint", "traceback", "stack", "log_error"):
            if fields.get(key):
                label = f"{key}: " if key in {"hint", "log_error"} else ""
                rest += (label + _clean(fields[key])).rstrip("\n").split("\n")
        text = "\n".join([line, *(_INDENT + one for one in rest)])
        columns = None if self._stream is None else terminal_columns(self._stream)
        return wrapped(text, columns, _HANG)

    def _painted(self, text: str, colour: str | None) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self._colour and colour and text else text


def _clean(value: object) -> str:
    return printable(str(value), keep_newlines=True)


def _tail(fields: Mapping[str, Any]) -> str:
    parts = []
    duration_ms = fields.get("duration_ms")
    if isinstance(duration_ms, (int, float)):
        took = duration(duration_ms)
        parts += [] if took in str(fields.get("message")) else [took]
    attempt = fields.get("attempt")
    if isinstance(attempt, int) and attempt > 1:
        parts.append(f"attempt {attempt}")
    if fields.get("run_id"):
        parts.append(_clean(fields["run_id"])[:RUN_ID_SHOWN])
    return "".join(f" · {part}" for part in parts)


def _clock(iso: object) -> str:
    """Return the local time of day of a stored time, or of now where there is none."""
    try:
        moment = datetime.fromisoformat(str(iso)).astimezone()
    except ValueError:
        moment = datetime.now().astimezone()
    return moment.strftime("%H:%M:%S")
