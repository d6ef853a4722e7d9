"""Logging is global to a process: configure it for one test, then put back what was there."""

from __future__ import annotations

import io
import json
import logging
import sys
import threading
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from models.settings.logging import LogSettings
from workers.logs import configure_logging


@dataclass
class Logs:
    """Configures logging into a stream of its own and reads what arrived there."""

    stream: io.StringIO = field(default_factory=io.StringIO)

    def configure(self, settings: LogSettings | None = None) -> None:
        """Configure logging; without settings: JSON lines from DEBUG."""
        configure_logging(replace(settings or LogSettings(level="DEBUG"), stream=self.stream))

    @property
    def text(self) -> str:
        """Return all that was written."""
        return self.stream.getvalue()

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Return the lines, which must all parse, however a reader splits them."""
        assert self.text.endswith("\n") or not self.text
        return [strict(line) for line in self.text.splitlines()]

    @property
    def line(self) -> dict[str, Any]:
        """Return the only line."""
        (only,) = self.lines
        return only


def strict(line: str) -> dict[str, Any]:
    """Parse a line as a JSON object, without the liberties that Python takes."""

    def refuse(name: str) -> None:
        raise AssertionError(f"{name} is not JSON")

    value = json.loads(line, parse_constant=refuse)
    assert isinstance(value, dict)
    return value


@pytest.fixture
def quiet_logging() -> Iterator[None]:
    """Put the root logger and Python's hooks back after the test."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    hooks = (sys.excepthook, threading.excepthook, sys.unraisablehook)
    show = warnings.showwarning
    root.handlers[:] = []
    yield
    for handler in root.handlers[:]:
        root.removeHandler(handler)
        handler.close()
    root.handlers[:] = handlers
    root.setLevel(level)
    sys.excepthook, threading.excepthook, sys.unraisablehook = hooks
    logging.captureWarnings(False)
    warnings.showwarning = show


@pytest.fixture
def logs(quiet_logging: None) -> Logs:
    """Return logging configured for JSON lines into memory."""
    logs = Logs()
    logs.configure()
    return logs
