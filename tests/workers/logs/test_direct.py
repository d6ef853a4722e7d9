"""Lines of transitions that are written past `logging` are those that it would have written."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator

import pytest

from models import audit
from models.audit import Entry, Prepared, prepare, record_of
from models.events import Event
from models.line_writer import wrote_lines
from models.redaction import MASK, Redactor, set_default_redactor
from models.settings.logging import LogSettings
from tests.support.logs import Logs
from workers.logs import JsonFormatter, LineHandler

TOKEN = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
RUNS = ("01JD2K3M4N5P6Q7R8S9T0V1W2X", "01JD2K3M4N5P6Q7R8S9T0V1W2Y")


def started(run_id: str, attempt: int = 1, worker: str = "host:1:token") -> Prepared:
    """Return what is said where a step begins."""
    return said(
        Event.STEP_STARTED,
        f"hydrate_readme started, attempt {attempt}.",
        run_id,
        attempt,
        data={"worker": worker},
    )


def finished(run_id: str, duration_ms: float, attempt: int = 1) -> Prepared:
    """Return what is said where a step ends."""
    message = f"hydrate_readme finished in {duration_ms:.0f} ms."
    return said(Event.STEP_FINISHED, message, run_id, attempt, duration_ms=duration_ms)


def said(event: Event, message: str, run_id: str, attempt: int, **more: object) -> Prepared:
    """Return what is said about an attempt."""
    step_id = f"{run_id}-03"
    entry = Entry(event, message, "hydrate_readme", "", run_id, step_id, attempt, **more)  # type: ignore[arg-type]
    return prepare(entry, "2026-11-26T03:26:50.123456Z")


def made_by_logging(one: Prepared) -> str:
    """Return an entry's line as a record makes it."""
    return JsonFormatter().format(record_of(one.entry)) + "\n"


@pytest.fixture
def _one_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let everything happen at the same time, so that lines can be compared as they are."""
    monkeypatch.setattr(time, "time", lambda: 1_795_663_610.123456)


@pytest.fixture
def _own_redactor() -> Iterator[None]:
    """Let a test replace the process's redactor."""
    yield
    set_default_redactor(None)


@pytest.mark.usefixtures("_one_moment", "free_events")
def test_they_are_the_same_bytes(logs: Logs) -> None:
    logs.configure(LogSettings())
    ends = [0.001, 3.0, 12.5, 999.4, 61_000.123, 5e-324, 1e300]
    entries = [one for run_id in RUNS for one in (started(run_id), started(run_id, 2))]
    entries += [
        finished(run_id, took, attempt) for run_id in RUNS for took in ends for attempt in (1, 2)
    ]
    entries += [
        said(Event.STEP_FINISHED, 'a "quoted" end.', RUNS[0], 1, duration_ms=3.0),
        said(Event.STEP_FINISHED, "an \x1b[31mend\n of ünicode \u2028..", RUNS[0], 1),
        said(Event.STEP_STARTED, "more data.", RUNS[0], 1, data={"n": 1, "all": [True, None]}),
        said(Event.STEP_STARTED, "more data.", RUNS[0], 1, data={"n": True, "all": [1, None]}),
        said(Event.STEP_STARTED, f"a token: {TOKEN}.", RUNS[0], 1, data={"worker": TOKEN}),
    ]
    for one in entries * 2:
        assert wrote_lines([one])
    assert logs.text == "".join(map(made_by_logging, entries)) * 2
    assert TOKEN not in logs.text


def test_what_every_run_has_is_made_once(logs: Logs, monkeypatch: pytest.MonkeyPatch) -> None:
    in_full: list[str] = []

    def counting(entry: Entry) -> logging.LogRecord:
        in_full.append(entry.message)
        return record_of(entry)

    monkeypatch.setattr(audit, "record_of", counting)
    logs.configure(LogSettings())
    for run_id in RUNS:
        assert wrote_lines([finished(run_id, 4.5), started(run_id)])
    assert in_full == [finished("", 4.5).entry.message, started("").entry.message]
    assert [line["run_id"] for line in logs.lines] == [RUNS[0], RUNS[0], RUNS[1], RUNS[1]]


@pytest.mark.usefixtures("_own_redactor")
def test_a_new_redactor_masks_what_an_older_one_let_through(logs: Logs) -> None:
    logs.configure(LogSettings())
    assert wrote_lines([started(RUNS[0], worker="host:1:a-secret-name")])
    assert logs.line["data"] == {"worker": "host:1:a-secret-name"}
    set_default_redactor(Redactor({"SOME_TOKEN": "a-secret-name"}))
    for run_id in RUNS:
        assert wrote_lines([started(run_id, worker="host:1:a-secret-name")])
    assert [line["data"]["worker"] for line in logs.lines[1:]] == [f"host:1:{MASK}"] * 2


@pytest.mark.usefixtures("_own_redactor")
def test_what_is_a_lines_own_is_looked_through_in_each(logs: Logs) -> None:
    secret = "7ZKQW3N4V5P6Q7R8S9T0V1W2X3"
    set_default_redactor(Redactor({"SOME_TOKEN": secret, "OTHER_TOKEN": "wheelbarrow-1"}))
    logs.configure(LogSettings())
    for run_id in (RUNS[0], secret, RUNS[1]):
        assert wrote_lines([finished(run_id, 1.5)])
    assert wrote_lines(
        [said(Event.STEP_FINISHED, "wheelbarrow-1 is it.", RUNS[0], 1, duration_ms=1.5)]
    )
    assert [line["run_id"] for line in logs.lines] == [RUNS[0], MASK, RUNS[1], RUNS[0]]
    assert logs.lines[3]["message"] == f"{MASK} is it."


class Witness(logging.Handler):
    """Somebody else's handler."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Note what came."""
        self.seen.append(record.getMessage())


def test_it_leaves_alone_what_others_could_see(logs: Logs, monkeypatch: pytest.MonkeyPatch) -> None:
    logs.configure(LogSettings())
    root, scout, one = logging.getLogger(), logging.getLogger("scout"), [started(RUNS[0])]
    (handler,) = root.handlers
    assert isinstance(handler, LineHandler)
    assert wrote_lines(one)
    for logger in (root, scout):
        witness = Witness()
        logger.addHandler(witness)
        assert not wrote_lines(one)
        logger.removeHandler(witness)
    for filters in (handler, scout):
        filters.addFilter(lambda _record: True)
        assert not wrote_lines(one)
        filters.filters.clear()
    monkeypatch.setattr(scout, "propagate", False)
    assert not wrote_lines(one)
    monkeypatch.setattr(scout, "propagate", True)
    handler.setFormatter(JsonFormatter())
    assert not wrote_lines(one)


def test_lines_for_people_are_made_by_logging(logs: Logs) -> None:
    logs.configure(LogSettings(format="text"))
    assert not wrote_lines([started(RUNS[0])])
