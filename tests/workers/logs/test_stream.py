"""How lines reach their stream: whole, and those of one transition together."""

from __future__ import annotations

import io
import logging
import threading

import pytest

from models.audit import Entry, Journal, transition
from models.clock import Clock
from models.database.connection import Database
from models.events import Event
from tests.support.waiting import DEADLINE_S
from workers.logs import LineHandler


class Stream(io.StringIO):
    """Keeps what each write brought."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[str] = []

    def write(self, text: str) -> int:
        self.writes.append(text)
        return len(text)


@pytest.fixture
def stream(monkeypatch: pytest.MonkeyPatch) -> Stream:
    """Return what the lines of the root logger are written to, at INFO."""
    made, root = Stream(), logging.getLogger()
    monkeypatch.setattr(root, "handlers", [LineHandler(made)])
    monkeypatch.setattr(root, "level", logging.INFO)
    return made


def said(*messages: tuple[str, str]) -> None:
    """Make a transition that says something, each at its level."""

    def work(journal: Journal) -> None:
        for level, message in messages:
            journal.add(Entry(Event.EXPORT_WRITTEN, message, "test", level))

    transition(work, Clock())


@pytest.mark.usefixtures("free_events")
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_lines_of_a_transition_are_one_write(database: Database, stream: Stream) -> None:
    said(("INFO", "one."), ("WARNING", "two."), ("INFO", "three."))
    said(("INFO", "four."))
    assert stream.writes == ["one.\ntwo.\nthree.\n", "four.\n"]


@pytest.mark.usefixtures("free_events")
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_no_line_waits_for_one_that_is_not_written(database: Database, stream: Stream) -> None:
    said(("WARNING", "one."), ("DEBUG", "two."))
    assert stream.writes == ["one.\n"]


def test_nobody_waits_for_one_who_is_writing_who_writes_it_too() -> None:
    class Slow(Stream):
        def write(self, text: str) -> int:
            begun.set()
            assert go_on.wait(DEADLINE_S)
            return super().write(text)

    begun, go_on, stream = threading.Event(), threading.Event(), Slow()
    handler = LineHandler(stream)
    writer = threading.Thread(target=handler.write_text, args=("one.\n",), kwargs={"lines": 1})
    writer.start()
    assert begun.wait(DEADLINE_S)
    handler.write_text("two.\n", lines=1)
    handler.write_text("three.\n", lines=1)
    assert stream.writes == []
    go_on.set()
    writer.join(DEADLINE_S)
    assert stream.writes == ["one.\n", "two.\nthree.\n"]
