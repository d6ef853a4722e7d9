"""Makes log lines of what is printed, where a stray `print` would break into other lines."""

from __future__ import annotations

import io
import logging
import sys
import threading

from models.events import Event

logger = logging.getLogger("scout.process")


class PrintedLines(io.TextIOBase):
    """A text stream whose whole lines become log lines (`worker.raw_output`).

    Blank lines are dropped.

    Args:
        name: `stdout` or `stderr`.
    """

    encoding = "utf-8"

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name
        self._level = logging.WARNING if name == "stderr" else logging.INFO
        # One unfinished line per thread: `print` writes its text and its end separately.
        self._unfinished = threading.local()

    def writable(self) -> bool:
        """Return True."""
        return True

    def write(self, text: str) -> int:
        """Log the lines that `text` ends; keep the rest for the thread's next write."""
        *lines, rest = (getattr(self._unfinished, "text", "") + text).split("\n")
        self._unfinished.text = rest
        for line in lines:
            if line.strip():
                extra = {"event": Event.WORKER_RAW_OUTPUT, "stream": self._name}
                logger.log(self._level, "%s", line, extra=extra)
        return len(text)


def capture_prints() -> None:
    """Make `sys.stdout` and `sys.stderr` streams of log lines."""
    sys.stdout = PrintedLines("stdout")
    sys.stderr = PrintedLines("stderr")
