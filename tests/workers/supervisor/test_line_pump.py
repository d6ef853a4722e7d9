"""What a worker process writes arrives as whole lines that parse, and hide what they must."""

from __future__ import annotations

import io
import json
import logging
import os
from collections.abc import Iterator
from typing import Any

import pytest

from models.redaction import set_default_redactor
from tests.support.cli import SECRET
from workers.logs import JsonFormatter, LineHandler
from workers.supervisor.line_pump import LineOutput, LinePump

PID = 4242
OWN: dict[str, Any] = {
    "timestamp": "2026-01-01T00:00:00Z", "level": "INFO", "message": "So.", "run_id": None,
    "logger": "scout", "module": "m", "pid": PID,
}  # fmt: skip


@pytest.fixture
def stream(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    """Return the parent's stream, to which its own lines go, too."""
    monkeypatch.setenv("GITHUB_TOKEN", SECRET)
    set_default_redactor(None)
    stream = io.StringIO()
    handler = LineHandler(stream)
    handler.setFormatter(JsonFormatter())
    logger = logging.getLogger("scout.worker")
    logger.addHandler(handler)
    yield stream
    logger.removeHandler(handler)


def pumped(stream: io.StringIO, *lines: bytes) -> list[dict[str, Any]]:
    """Return what becomes of lines of one process."""
    reading, writing = os.pipe()
    handler = next(iter(logging.getLogger("scout.worker").handlers))
    assert isinstance(handler, LineHandler)
    pump = LinePump(os.fdopen(reading, "rb"), "stderr", PID, LineOutput(handler), lambda _: None)
    os.write(writing, b"\n".join(lines) + b"\n")
    os.close(writing)
    pump.finish()
    printed = stream.getvalue()
    assert SECRET not in printed
    assert "\x1b" not in printed
    return [json.loads(line) for line in printed.splitlines()]


def test_a_line_of_its_own_formatter_passes_unchanged(stream: io.StringIO) -> None:
    assert pumped(stream, json.dumps(OWN).encode()) == [OWN]


@pytest.mark.parametrize("pid", [1, None, "4242"])
def test_a_line_that_claims_to_be_another_process_is_wrapped(
    stream: io.StringIO, pid: object
) -> None:
    forged = OWN | {"pid": pid, "message": f"key {SECRET}", "run_id": "01J"}
    (line,) = pumped(stream, json.dumps(forged).encode())
    assert (line["event"], line["pid"], line["run_id"]) == ("worker.raw_output", PID, None)
    assert "[REDACTED]" in line["message"]


def test_json_of_others_is_redacted_and_keeps_its_fields(stream: io.StringIO) -> None:
    (line,) = pumped(stream, json.dumps({"msg": f"token {SECRET}", "n": 1}).encode())
    assert line == {"msg": "token [REDACTED]", "n": 1}


@pytest.mark.parametrize(
    "raw",
    [
        b"plain \x1b[2J\x1b]0;title\x07 text",
        b'{"cut": "in the mid',
        '{"escape": "\x9b2J\u202e"}'.encode(),
        f"Authorization: Bearer {SECRET}".encode(),
        b"\xff\xfe\x00",
        b"[1, 2]",
    ],
)
def test_whatever_else_it_writes_is_a_line_that_parses(stream: io.StringIO, raw: bytes) -> None:
    assert len(pumped(stream, raw, json.dumps(OWN).encode())) == 2
