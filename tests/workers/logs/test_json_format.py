"""Every record becomes exactly one valid line with the documented fields."""

from __future__ import annotations

import logging
import threading
from typing import Any

import pytest

from models.log_context import bound_work
from models.trace_ids import span_id, trace_id
from tests.support.logs import Logs, strict
from workers.logs import JsonFormatter

RUN = "01JD2K3M4N5P6Q7R8S9T0V1W2X"
TOKEN = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
logger = logging.getLogger("scout")


def test_fields_stand_in_their_fixed_order(logs: Logs) -> None:
    with bound_work(RUN, "hydrate_readme", 2):
        logger.info("done", extra={"repos": 3, "event": "step.finished", "duration_ms": 12.5})
    assert list(logs.line) == [
        *("timestamp", "level", "message", "run_id", "step", "attempt", "event", "module"),
        *("duration_ms", "pid", "host", "logger", "thread", "repos"),
        *("trace_id", "span_id", "service.name", "service.version"),
    ]
    assert logs.line["trace_id"] == trace_id(RUN)
    assert logs.line["span_id"] == span_id(RUN, "hydrate_readme", 2)
    assert logs.line["timestamp"].endswith("Z")
    assert len(logs.line["timestamp"]) == len("2025-01-01T00:00:00.000000Z")


def test_a_line_outside_any_run_says_so_with_nulls(logs: Logs) -> None:
    logging.getLogger("elsewhere").warning("hello %s", "you")
    line = logs.line
    assert {key: line[key] for key in ("run_id", "step", "attempt", "event")} == dict.fromkeys(
        ("run_id", "step", "attempt", "event")
    )
    assert (line["level"], line["message"]) == ("WARNING", "hello you")
    assert (line["trace_id"], line["span_id"], line["service.name"]) == (None, None, "scout")
    assert "duration_ms" not in line
    assert "log_error" not in line


def test_lines_of_any_library_carry_what_their_thread_works_on(logs: Logs) -> None:
    def work(step: str) -> None:
        with bound_work(RUN, step, 1):
            logging.getLogger("redis.connection").info("from %s", step)

    threads = [threading.Thread(target=work, args=(step,)) for step in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    logging.getLogger("redis").info("after")
    assert [(line["run_id"], line["step"]) for line in logs.lines if line["step"]] == [
        (RUN, line["message"].removeprefix("from ")) for line in logs.lines[:2]
    ]
    assert logs.lines[2]["run_id"] is None


@pytest.mark.parametrize(
    ("extra", "expected"),
    [
        ({}, (RUN, "hydrate_readme", 2)),
        ({"run_id": RUN, "step": "hydrate_readme"}, (RUN, "hydrate_readme", 2)),
        ({"run_id": RUN, "step": None}, (RUN, None, None)),
        ({"step": "init_run"}, (RUN, "init_run", None)),
        ({"attempt": 7}, (RUN, "hydrate_readme", 7)),
        ({"run_id": "OTHER"}, ("OTHER", None, None)),
        ({"run_id": "OTHER", "step": "init_run", "attempt": 1}, ("OTHER", "init_run", 1)),
    ],
)
def test_what_is_bound_completes_only_what_the_caller_left_open(
    logs: Logs, extra: dict[str, Any], expected: tuple[str, str | None, int | None]
) -> None:
    with bound_work(RUN, "hydrate_readme", 2):
        logger.info("x", extra=extra)
    assert (logs.line["run_id"], logs.line["step"], logs.line["attempt"]) == expected


@pytest.mark.parametrize(
    "text",
    [
        "two\nlines\r\n",
        "nul \x00 bell \x07 esc \x1b[2J",
        "lone \ud800 surrogate",
        "separators \u2028 \u2029 \x85 \x0b \x0c \x1c \x7f \x9b",
        '{"level": "FAKE"}\n{"level": "FAKE"}',
        "向量数据库 🚀",
        "x" * 200_000,
    ],
)
def test_any_text_is_one_valid_line_everywhere(logs: Logs, text: str) -> None:
    logger.info("%s", text, extra={"value": text, "nested": [{text[:20]: text}]})
    try:
        raise ValueError(text)
    except ValueError:
        logger.exception("failed")
    assert len(logs.lines) == 2
    assert not set(logs.text) & set("\x00\x1b\x7f\x85\x9b\u2028\u2029")


def test_text_that_can_be_written_arrives_as_it_was(logs: Logs) -> None:
    text = "向量 🚀 a\n\tb \x00 \u2028 'quoted' \"double\" back\\slash"
    logger.info("%s", text)
    assert logs.line["message"] == text


def _cycle() -> list[Any]:
    cycle: list[Any] = []
    cycle.append(cycle)
    return cycle


class _Hostile:
    def __str__(self) -> str:
        raise RuntimeError(TOKEN)

    __repr__ = __str__


@pytest.mark.parametrize(
    "value",
    [
        float("nan"),
        float("inf"),
        2**200,
        b"\xff\x00",
        {1, 2},
        {(1, 2): 3, None: 4},
        _cycle(),
        object(),
        _Hostile(),
        {"deep": _Hostile()},
        ValueError("v"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_any_extra_leaves_the_line_valid_and_the_message_readable(logs: Logs, value: Any) -> None:
    logger.info("message", extra={"value": value, "event": "thing.happened"})
    assert (logs.line["message"], logs.line["event"]) == ("message", "thing.happened")
    assert "value" in logs.line
    assert TOKEN not in logs.text


def test_arguments_that_do_not_fit_are_reported_in_the_line(
    logs: Logs, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure()  # without pytest's own handler, which raises
    logger.info("%d of %s", "many", TOKEN)
    logger.info("%s", _Hostile())
    first, second = logs.lines
    assert first["message"] == "%d of %s"
    assert first["log_error"] == "message: its arguments do not fit (TypeError)"
    assert second["log_error"] == "message: its arguments do not fit (RuntimeError)"
    assert TOKEN not in logs.text
    assert capsys.readouterr() == ("", "")


def test_a_callers_field_cannot_take_the_place_of_a_fixed_one(logs: Logs) -> None:
    logger.info("x", extra={"timestamp": "never", "level": "FAKE"})
    assert (logs.line["level"], logs.line["level_"]) == ("INFO", "FAKE")
    assert logs.line["timestamp_"] == "never"


def test_an_exception_comes_with_its_class_text_and_traceback(logs: Logs) -> None:
    try:
        raise LookupError("no such repository")
    except LookupError:
        logger.exception("step failed", stack_info=True)
    line = logs.line
    assert (line["error_type"], line["error"]) == ("LookupError", "no such repository")
    assert line["traceback"].startswith("Traceback (most recent call last)")
    assert line["stack"].startswith("Stack (most recent call last)")


def test_exc_info_outside_an_exception_adds_nothing(logs: Logs) -> None:
    logger.error("nothing raised", exc_info=True)
    assert "traceback" not in logs.line


def test_secrets_are_masked_wherever_they_stand(logs: Logs) -> None:
    logger.info(
        "using %s", TOKEN, extra={"event": TOKEN, "data": {"list": [TOKEN]}, "password": "hunter22"}
    )
    logging.getLogger(TOKEN).info("logger name")
    try:
        try:
            raise ValueError(TOKEN)
        except ValueError as exc:
            exc.add_note(f"note {TOKEN}")
            # Only a rule about structure finds this password, and only in the text itself.
            raise RuntimeError(f"no answer from redis://:hunter22@host, {TOKEN}") from exc
    except RuntimeError:
        logger.exception("failed with %r", {"token": TOKEN}, stack_info=True)
    assert len(logs.lines) == 3
    assert TOKEN not in logs.text
    assert "hunter22" not in logs.text
    assert logs.lines[0]["message"] == "using [REDACTED]"
    assert [key for line in logs.lines for key in line if key == "log_error"] == []


class _Broken:
    """A redactor of which some parts raise."""

    def __init__(self, *broken: str) -> None:
        self._broken = broken

    def redact(self, value: Any) -> Any:
        if "redact" in self._broken and "bad" in value:
            raise KeyError(TOKEN)
        return value

    def redact_text(self, text: str) -> str:
        if "redact_text" in self._broken:
            raise ValueError(TOKEN)
        return text

    def scrub_line(self, text: str) -> str:
        if "scrub_line" in self._broken:
            raise ValueError(TOKEN)
        return text[: len(text) // 2] if "cut" in self._broken else text


def _formatted(redactor: _Broken, **extra: Any) -> dict[str, Any]:
    record = logging.makeLogRecord({"msg": "a secret", "levelname": "INFO", **extra})
    return strict(JsonFormatter(redactor).format(record))


def test_a_redactor_that_fails_hides_the_field_and_says_which() -> None:
    line = _formatted(_Broken("redact"), bad="a secret", good="kept")
    assert (line["bad"], line["good"]) == ("[REDACTED]", "kept")
    assert line["log_error"] == "bad: hidden (KeyError)"
    line = _formatted(_Broken("redact_text"), good="kept")
    assert (line["message"], line["good"]) == ("[REDACTED]", "kept")
    assert line["log_error"] == "message: hidden (ValueError)"


@pytest.mark.parametrize("part", ["scrub_line", "cut"])
def test_a_last_pass_that_fails_hides_the_whole_line_but_not_that_there_was_one(part: str) -> None:
    with bound_work(RUN, "init_run", 1):
        line = _formatted(_Broken(part), good="a secret")
    assert (line["message"], line["run_id"], line["step"]) == ("[REDACTED]", RUN, "init_run")
    assert line["log_error"].startswith("line: hidden (")
    assert "a secret" not in str(line)
    assert TOKEN not in str(line)
