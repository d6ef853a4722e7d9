"""Holds what a test records and logs to the catalogue of events, wherever the code does it."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from models.audit import Entry
from models.events import Event, Scope

_TESTS = str(Path(__file__).resolve().parents[1])
#: What a line has beside the details of its event.
_PLACED = {"event", "run_id", "step", "attempt", "duration_ms"}


def assert_catalogued(event: Event, level: str, details: Iterable[str]) -> None:
    """Fail where an event's level or the names of its details are not those of the catalogue."""
    assert isinstance(event, Event), event
    assert faults_of(event, level or event.level, details) == []


def faults_of(event: str, level: str, details: Iterable[str]) -> list[str]:
    """Return what is wrong with an event, as sentences."""
    if event not in set(Event):
        return [f"{event} is not in models.events"]
    known = Event(event)
    faults = [f"{event} has a detail {name!r}" for name in set(details) - set(known.details)]
    if level not in known.levels:
        faults.append(f"{event} has the level {level}")
    return faults


def watch_events(patch: pytest.MonkeyPatch, faults: list[str]) -> None:
    """Let every audit row and every log line of this process be checked from now on.

    What is wrong is collected, as a thread that raised here would only be one more trouble.
    """
    row_data, make_record = Entry.row_data, logging.Logger.makeRecord

    def checked_row_data(entry: Entry) -> dict[str, Any]:
        faults.extend(_faults_of_entry(entry))
        return row_data(entry)

    def checked_record(logger: logging.Logger, *args: Any, **named: Any) -> logging.LogRecord:
        record = make_record(logger, *args, **named)
        extra: Mapping[str, Any] | None = args[8] if len(args) > 8 else named.get("extra")
        # A line that follows a row has no path; its entry was checked.
        is_of_the_code = record.pathname and not record.pathname.startswith(_TESTS)
        if extra and extra.get("event") and is_of_the_code:
            faults.extend(_faults_of_line(record.levelname, extra))
        return record

    patch.setattr(Entry, "row_data", checked_row_data)
    patch.setattr(logging.Logger, "makeRecord", checked_record)


def _faults_of_entry(entry: Entry) -> list[str]:
    event = entry.event
    faults = faults_of(event, entry.level, entry.data)
    if faults:
        return faults
    if not event.audited:
        faults.append(f"{event} is audited")
    if (event.scope is Scope.RUN) != (entry.scope == "run"):
        faults.append(f"{event} is about {entry.scope}")
    return faults


def _faults_of_line(level: str, extra: Mapping[str, Any]) -> list[str]:
    event = extra["event"]
    names = set(extra) - _PLACED
    return faults_of(event, level, names)
