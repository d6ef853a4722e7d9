"""One record, one line of JSON: the format of workers, files and pipes."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import msgspec
from pythonjsonlogger.msgspec import MsgspecFormatter

from models.clock import iso_of
from models.log_context import current_work
from models.redaction import default_redactor
from models.settings.tracing import service_name
from models.trace_ids import ids_of
from models.version import __version__
from workers.logs.fields import (
    HIDDEN,
    HOST,
    LineRedactor,
    collect,
    work_fields,
)

#: Characters that JSON allows in a string but that end a line or command a terminal.
_UNSAFE = re.compile("[\x7f-\x9f\u2028\u2029]")
_NOT_ASCII = re.compile("[^\x00-\x7f]")
_MAX_DEPTH = 20


class JsonFormatter(MsgspecFormatter):
    """Formats every record as one valid line of JSON and never raises.

    The line is redacted field by field, serialised, and scrubbed once more as a whole. What
    cannot be shown is hidden, and `log_error` says what and why.

    Args:
        redactor: Masks secrets; None means the process's own, asked for at every line.
    """

    def __init__(self, redactor: LineRedactor | None = None) -> None:
        super().__init__(json_default=self._show_unknown)
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as a line without its line break."""
        # Two handlers share one formatter: what the first one made, the second one takes.
        made: tuple[JsonFormatter, str] | None = record.__dict__.get("_scout_line")
        if made is not None and made[0] is self:
            return made[1]
        try:
            line = self._line(record)
        except Exception as exc:  # noqa: BLE001 - a line about the failure instead of the failure
            line = hidden_line(record, type(exc).__name__)
        record.__dict__["_scout_line"] = (self, line)
        return line

    def _line(self, record: logging.LogRecord) -> str:
        redactor = self.redactor
        fields = collect(record, redactor)
        # Time, trace and span are added to what has been redacted: they are worked out of clock
        # and ids, and hold nothing of others. To look for tokens in them, anew at every line,
        # took longer than all the rest of it.
        beginning = f'{{"timestamp":"{fields.pop("timestamp")}",'
        try:
            line = self.serialize_log_record(fields)
        except Exception:  # noqa: BLE001 - lone surrogates, odd keys, cycles
            line = self.serialize_log_record(_plain(fields))
        scrubbed = redactor.scrub_line(line)
        if scrubbed != line and parse_object(scrubbed) is None:
            return hidden_line(record, "redaction broke the line")
        return beginning + escape_unsafe(scrubbed[1:-1]) + trace_end(fields)

    @property
    def redactor(self) -> LineRedactor:
        """Return what masks this formatter's lines."""
        return self._redactor or default_redactor()

    def _show_unknown(self, value: Any) -> str:
        return self.redactor.redact_text(repr(value))


def trace_end(fields: Mapping[str, Any]) -> str:
    """Return the end of a line: trace and span of what it is about, and who says it."""
    run_id, step, attempt = fields["run_id"], fields["step"], fields["attempt"]
    return end_about(
        run_id if isinstance(run_id, str) else None,
        step if isinstance(step, str) else None,
        attempt if isinstance(attempt, int) else None,
    )


@lru_cache(maxsize=1024)
def end_about(run_id: str | None, step: str | None, attempt: int | None) -> str:
    """Return the end of a line about an attempt, or as much of one as it is about."""
    trace, span = ids_of(run_id, step, attempt)
    ids = f'"trace_id":"{trace}","span_id":"{span}"' if trace else '"trace_id":null,"span_id":null'
    return f",{ids},{_service(service_name())}"


@lru_cache(maxsize=4)
def _service(name: str) -> str:
    service = {"service.name": default_redactor().redact_text(name), "service.version": __version__}
    return escape_unsafe(json.dumps(service, separators=(",", ":"))[1:])


def escape_unsafe(line: str) -> str:
    """Return a JSON line in which no character ends the line or commands a terminal."""
    if line.isascii() and "\x7f" not in line:
        return line
    return _UNSAFE.sub(_escaped, line)


def escape_non_ascii(line: str) -> str:
    """Return a JSON line in ASCII, for streams that cannot carry anything else."""
    return line if line.isascii() else _NOT_ASCII.sub(_escaped, line)


def parse_object(line: str | bytes) -> dict[str, Any] | None:
    """Return the JSON object that a line consists of, or None where it is anything else."""
    try:
        value = msgspec.json.decode(line)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def hidden_line(record: logging.LogRecord, reason: str) -> str:
    """Return a line that says only when, where and that a line could not be shown."""
    fields: dict[str, Any] = {
        "timestamp": iso_of(record.created),
        "level": str(record.levelname),
        "message": HIDDEN,
        "run_id": None,
        "step": None,
        "attempt": None,
        "event": None,
        "module": str(record.module),
        "pid": record.process,
        "host": HOST,
        "logger": str(record.name),
        "log_error": f"line: hidden ({reason})",
    }
    bound = work_fields({}, current_work())
    fields |= {key: value for key, value in bound.items() if isinstance(value, (str, int))}
    return json.dumps(fields)[:-1] + trace_end(fields)


def _escaped(match: re.Match[str]) -> str:
    return json.dumps(match[0])[1:-1] if match[0] != "\x7f" else "\\u007f"


def _plain(value: Any, depth: int = 0) -> Any:
    """Return a copy that serialises: text without lone surrogates, keys that are text."""
    if depth > _MAX_DEPTH:
        return HIDDEN
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {_plain(str(key)): _plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(item, depth + 1) for item in value]
    return value
