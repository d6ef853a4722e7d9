"""A log record as redacted fields in their fixed order; both formats are drawn from these."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

from models.clock import iso_of
from models.error_codes import code_of
from models.events import Event
from models.log_context import WorkContext, current_work

T = TypeVar("T")

#: What stands in the place of a value that could not be formatted or redacted.
HIDDEN = "[REDACTED]"
HOST = os.uname().nodename

#: What a record carries without any `extra`; everything else was given by the caller.
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"asctime", "message", "taskName"}
#: Callers' fields with a place of their own.
_PLACED = frozenset({"run_id", "step", "attempt", "event", "duration_ms"})
#: Keys that a caller's field must not take, so it gets a `_` at its end.
_TAKEN = frozenset(
    {
        *("timestamp", "level", "traceback", "stack", "log_error"),
        *("trace_id", "span_id", "service.name", "service.version"),
    }
)
#: Identifiers hold nothing that a rule about structure could find; the last pass still sees them.
_IDENTIFIER = re.compile(r"[\w.\-]{1,64}", re.ASCII)


class LineRedactor(Protocol):
    """What logging needs of `models.redaction.Redactor`."""

    def redact(self, value: Any) -> Any:
        """Return a redacted copy of any value."""

    def redact_text(self, text: str) -> str:
        """Return the text with its secrets masked."""

    def scrub_line(self, text: str) -> str:
        """Return a serialised line with known values and token formats masked."""


def collect(record: logging.LogRecord, redactor: LineRedactor) -> dict[str, Any]:
    """Return the redacted fields of a record, in the order in which they are written.

    Run, step and attempt come from the record where the caller gave them, else from what the
    calling thread is working on. A part that cannot be formatted or redacted is hidden and
    named in `log_error`; this function does not raise for it.
    """
    problems: list[str] = []
    given, extras = _given(record)
    fields: dict[str, Any] = {
        "timestamp": iso_of(record.created),
        "level": record.levelname,
        "message": _message(record, redactor, problems),
        **_plain_ids(work_fields(given, current_work()), redactor, problems),
        "event": _identifier(given.get("event"), redactor, problems),
        "module": record.module,
    }
    if "duration_ms" in given:
        fields["duration_ms"] = _identifier(given["duration_ms"], redactor, problems)
    fields["pid"] = record.process
    fields["host"] = HOST
    fields["logger"] = record.name
    fields["thread"] = record.threadName
    if extras:
        fields.update(_redacted_extras(extras, redactor, problems))
    for key, value in _failure(record, redactor, problems).items():
        fields.setdefault(key, value)
    if problems:
        fields["log_error"] = "; ".join(problems)
    return fields


def work_fields(given: Mapping[str, Any], bound: WorkContext) -> dict[str, Any]:
    """Return run, step and attempt: the caller's where given, else those that are bound.

    What is bound completes a line only where it speaks of the same run and the same step. A
    caller that names the run and says `step=None` means the run as a whole.
    """
    run_id = given.get("run_id")
    step = given.get("step")
    attempt = given.get("attempt")
    about_the_run = run_id is not None and "step" in given
    run_id = bound.run_id if run_id is None else run_id
    if run_id == bound.run_id:
        if step is None and not about_the_run:
            step = bound.step
        if attempt is None and step == bound.step:
            attempt = bound.attempt
    return {"run_id": run_id, "step": step, "attempt": attempt}


def _given(record: logging.LogRecord) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the caller's fields: those with a place of their own, and the others."""
    given: dict[str, Any] = {}
    extras: dict[str, Any] = {}
    for key in [key for key in record.__dict__ if key not in _STANDARD]:
        if key in _PLACED:
            given[key] = record.__dict__[key]
        elif not key.startswith("_"):
            extras[f"{key}_" if key in _TAKEN else key] = record.__dict__[key]
    return given, extras


def _message(record: logging.LogRecord, redactor: LineRedactor, problems: list[str]) -> str:
    try:
        text = record.getMessage()
    except Exception as exc:  # noqa: BLE001 - whatever a foreign __str__ raises
        problems.append(f"message: its arguments do not fit ({type(exc).__name__})")
        text = record.msg if isinstance(record.msg, str) else HIDDEN
    return _guarded("message", lambda: redactor.redact_text(text), problems)


def _plain_ids(ids: dict[str, Any], redactor: LineRedactor, problems: list[str]) -> dict[str, Any]:
    return {key: _identifier(value, redactor, problems) for key, value in ids.items()}


def _identifier(value: Any, redactor: LineRedactor, problems: list[str]) -> Any:
    if value is None or type(value) in {int, float}:
        return value
    if type(value) is Event:
        return value.value
    if type(value) is str and _IDENTIFIER.fullmatch(value):
        return value
    return _guarded("identifier", lambda: redactor.redact(value), problems)


def _redacted_extras(
    extras: dict[str, Any], redactor: LineRedactor, problems: list[str]
) -> dict[str, Any]:
    try:
        redacted: dict[str, Any] = redactor.redact(extras)
    except Exception:  # noqa: BLE001 - then find the one that fails
        return {key: _one_extra(key, extras[key], redactor, problems) for key in extras}
    return redacted


def _one_extra(key: str, value: Any, redactor: LineRedactor, problems: list[str]) -> Any:
    return _guarded(key, lambda: redactor.redact({key: value})[key], problems)


def _failure(
    record: logging.LogRecord, redactor: LineRedactor, problems: list[str]
) -> dict[str, str | None]:
    """Return the fields about an exception and a stack, empty where the record has neither."""
    fields: dict[str, str | None] = {}
    info = record.exc_info
    if info and info[1] is not None:
        error = info[1]
        fields["error_type"] = type(error).__qualname__
        fields["error"] = _guarded("error", lambda: redactor.redact_text(str(error)), problems)
        fields["error_code"] = _guarded("error_code", lambda: str(code_of(error)), problems)
        fields["traceback"] = _guarded(
            "traceback", lambda: redactor.redact_text(_FORMATTER.formatException(info)), problems
        )
    elif record.exc_text:
        text = record.exc_text
        fields["traceback"] = _guarded("traceback", lambda: redactor.redact_text(text), problems)
    if record.stack_info:
        stack = record.stack_info
        fields["stack"] = _guarded("stack", lambda: redactor.redact_text(stack), problems)
    return fields


def _guarded(name: str, make: Callable[[], T], problems: list[str]) -> T | str:
    """Return what `make` returns, or the mask, noting which field could not be shown.

    Only the class of the error is noted: its text may be what was to be hidden.
    """
    try:
        return make()
    except Exception as exc:  # noqa: BLE001 - logging never raises, and hides when in doubt
        problems.append(f"{name}: hidden ({type(exc).__name__})")
        return HIDDEN


_FORMATTER = logging.Formatter()
