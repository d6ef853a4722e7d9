"""Lines that every run has: what is the same in all of them is made once.

Each step begins and ends with a line, and only its message, run, times and ids are its own. The
rest was redacted and encoded with the first line of its kind. What is its own is looked through in
every line, as ever: the message with the row, and all of it once more before it is written.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Hashable
from typing import TYPE_CHECKING

import msgspec

from models.clock import iso_of
from models.events import Event
from models.redaction import default_redactor
from workers.logs.json_format import end_about

if TYPE_CHECKING:
    from models.audit import Prepared

_EVENTS = frozenset({str(Event.STEP_STARTED), str(Event.STEP_FINISHED)})
_MAX_KINDS = 1024
_BEGINNING = '{"timestamp":"'
_TIME_LENGTH = len("2026-01-01T00:00:00.000000Z")


class RoutineLines:
    """Makes lines of what the first ones of their kind had in common with them."""

    def __init__(self) -> None:
        #: What stands before, between and after the fields in which lines of a kind differ.
        self._kinds: dict[Hashable, tuple[str, str, str]] = {}

    def line(self, said: Prepared) -> str | None:
        """Return an entry's line, said now by this thread; None where it is to be made in full."""
        if not _is_routine(said):
            return None
        kind = self._kinds.get(_kind(said, threading.current_thread().name, os.getpid()))
        if kind is None:
            return None
        whose, took = _own(said)
        own = whose + took
        if default_redactor().scrub_line(own) != own:
            return None
        before, between, after = kind
        time_and_more = f"{_BEGINNING}{iso_of(time.time())}{before}"
        return f"{time_and_more}{whose}{between}{took}{after}{_end(said)}"

    def learn(self, said: Prepared, record: logging.LogRecord, line: str) -> None:
        """Remember what a line that was made in full has in common with others of its kind."""
        if not _is_routine(said):
            return
        whose, took = _own(said)
        middle = line.removeprefix(_BEGINNING)[_TIME_LENGTH:].removesuffix(_end(said))
        before, is_whose, rest = middle.partition(whose)
        between, how_long, after = rest.partition(took) if took else (rest, "", "")
        if not is_whose or how_long != took:
            return  # something of it was masked
        if len(self._kinds) >= _MAX_KINDS:
            self._kinds.clear()
        self._kinds[_kind(said, record.threadName, record.process)] = before, between, after


def _is_routine(said: Prepared) -> bool:
    """Say whether every run has such a line, with the message of its row and nothing but texts."""
    entry, text = said.entry, said.row.message
    return (
        said.row.event in _EVENTS
        and text == entry.message
        and text.isascii()
        and text.isprintable()
        and '"' not in text
        and "\\" not in text
        and entry.step_id is not None
        and entry.cause is None
        and all(type(value) is str for value in entry.data.values())
    )


def _kind(said: Prepared, thread: str | None, pid: int | None) -> Hashable:
    """Return all that a line depends on, but for what is its own."""
    row, entry = said.row, said.entry
    of_entry = row.event, row.level, row.scope, entry.attempt, *entry.data.items()
    return default_redactor(), pid, thread, entry.duration_ms is None, of_entry


def _own(said: Prepared) -> tuple[str, str]:
    """Return the fields of a line in which it differs from others of its kind."""
    entry = said.entry
    whose = f'"message":"{entry.message}","run_id":"{entry.run_id}",'
    if entry.duration_ms is None:
        return whose, ""
    return whose, f'"duration_ms":{msgspec.json.encode(entry.duration_ms).decode()},'


def _end(said: Prepared) -> str:
    return end_about(said.entry.run_id, said.entry.scope, said.entry.attempt)
