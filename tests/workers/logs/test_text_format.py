"""Lines for people: aligned, safe for a terminal, and redacted as the JSON lines are."""

from __future__ import annotations

import io
import logging
import re

import pytest

from models.log_context import bound_work
from models.settings.colour import wants_colour
from models.settings.logging import LogSettings
from tests.support.logs import Logs

RUN = "01JD2K3M4N5P6Q7R8S9T0V1W2X"
TOKEN = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
logger = logging.getLogger("scout")


@pytest.fixture
def people(logs: Logs) -> Logs:
    logs.configure(LogSettings(format="text", level="DEBUG"))
    return logs


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_columns_line_up_and_the_run_is_shortened(people: Logs) -> None:
    with bound_work(RUN, "init_run", 1):
        logger.info("first", extra={"duration_ms": 12.34})
    with bound_work(RUN, "github_rate_limit_snapshot", 2):
        logger.critical("second")
    logger.warning("third")
    rows = [re.sub(r"^\d\d:\d\d:\d\d ", "", row) for row in people.text.splitlines()]
    assert rows == [
        "INFO   init_run                    first · 12 ms · 01JD2K3M",
        "FATAL  github_rate_limit_snapshot  second · attempt 2 · 01JD2K3M",
        "WARN                               third",
    ]


def test_further_lines_are_indented_so_that_none_can_be_forged(people: Logs) -> None:
    try:
        raise ValueError("bad\n12:00:00 INFO forged by an error")
    except ValueError:
        logger.exception(
            "README says\n12:00:00 INFO forged\u2028INFO again", extra={"hint": "Go on."}
        )
    first, *rest = people.text.splitlines()
    assert first.endswith("README says")
    assert rest[:3] == ["    12:00:00 INFO forged", "    INFO again", "    hint: Go on."]
    assert all(row.startswith("    ") for row in rest)
    assert "    ValueError: bad" in rest


def test_text_from_outside_cannot_command_the_terminal(people: Logs) -> None:
    hostile = "a\x1b[2Jb\x1b]0;title\x07c\x9b31md\x08e\rf\u202eg\x00h\ud800i"
    with bound_work(hostile, hostile, 1):
        logger.info("%s", hostile)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\ud800-\udfff]", people.text)
    assert "[2J" not in people.text
    assert "title" not in people.text


def test_secrets_are_masked(people: Logs) -> None:
    try:
        raise ValueError(TOKEN)
    except ValueError:
        logger.exception("using %s", TOKEN, extra={"hint": TOKEN})
    assert TOKEN not in people.text
    assert "using [REDACTED]" in people.text


def test_a_line_that_cannot_be_formatted_is_reported_and_not_raised(people: Logs) -> None:
    people.configure(LogSettings(format="text"))  # without pytest's own handler, which raises
    logger.info("%d", "x")
    assert "%d" in people.text
    assert "log_error: message: its arguments do not fit" in people.text


def test_colour_is_for_terminals_whose_user_wants_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert wants_colour(_Terminal())
    assert not wants_colour(io.StringIO())
    monkeypatch.setenv("NO_COLOR", "1")
    assert not wants_colour(_Terminal())


def test_colour_marks_the_level_and_ends_before_the_message(
    quiet_logging: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    logs = Logs(_Terminal())
    logs.configure(LogSettings(format="text"))
    logger.error("broken")
    assert "\x1b[31mERROR\x1b[0m" in logs.text
    assert logs.text.endswith("broken\n")
