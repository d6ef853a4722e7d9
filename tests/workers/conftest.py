"""Logging is global to a process: configure it for one test, then put back what was there."""

from __future__ import annotations

import logging
import sys
import threading
import warnings
from collections.abc import Iterator

import pytest

from tests.support.logs import Logs


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
