"""The handler that writes whole lines to a stream that may be replaced, closed or narrow."""

from __future__ import annotations

import logging
import sys
import threading
from collections import deque
from typing import TextIO

from workers.logs.json_format import escape_non_ascii

#: So many writes may wait for one who is writing; who comes then waits as well.
_MANY = 1000
#: So much a pipe takes as a whole, whoever else writes to it.
_WHOLE_BYTES = 4096
#: How long the end of a process waits for one who is writing.
_FLUSH_S = 3.0


class _Thread(threading.local):
    """The lines of one thread that are written with the next one."""

    def __init__(self) -> None:
        self.held: list[str] = []


class LineHandler(logging.Handler):
    """Writes each record with one write, so that lines of several writers do not mix.

    A stream that is gone (a closed pipe, a closed file) costs the line and nothing else:
    there is nobody left to tell. `lost_lines` counts them.

    Args:
        stream: Where lines go; None means whatever `sys.stderr` is at the time of each line,
            which in a worker of the `dramatiq` command is a pipe to its parent.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        super().__init__()
        self._stream = stream
        self._thread = _Thread()
        self._waiting: deque[tuple[str, int]] = deque()
        self._writing = threading.Lock()
        self.lost_lines = 0

    @property
    def stream(self) -> TextIO | None:
        """Return where lines go now; None in a process without standard streams."""
        return sys.stderr if self._stream is None else self._stream

    def emit(self, record: logging.LogRecord) -> None:
        """Write the record's line, with those of the same transition before it."""
        held = self._thread.held
        held.append(self.format(record) + "\n")
        if not getattr(record, "_more_follow", False):
            text, lines = "".join(held), len(held)
            held.clear()
            self.write_text(text, lines=lines)

    def handle(self, record: logging.LogRecord) -> bool:
        """Take a record; without a lock around its formatting, which needs none."""
        passed = self.filter(record)
        if passed:
            self.emit(passed if isinstance(passed, logging.LogRecord) else record)
        return bool(passed)

    def write_text(self, text: str, *, lines: int) -> None:
        """Write text that consists of whole lines, `lines` of them.

        Nobody waits for one who is writing: that one writes what comes meanwhile, too.
        """
        waiting = self._waiting
        waiting.append((text, lines))
        while waiting and self._writing.acquire(blocking=len(waiting) > _MANY):
            try:
                self._write_waiting()
            finally:
                self._writing.release()

    def _write_waiting(self) -> None:
        texts, lines, size = list[str](), 0, 0
        while self._waiting and (not texts or size + len(self._waiting[0][0]) <= _WHOLE_BYTES):
            text, more = self._waiting.popleft()
            texts.append(text)
            lines, size = lines + more, size + len(text)
        try:
            stream = self.stream
            if stream is None:
                self.lost_lines += lines
                return
            stream.write(_encodable("".join(texts), getattr(stream, "encoding", None)))
            stream.flush()
        except (OSError, ValueError):
            self.lost_lines += lines

    def flush(self) -> None:
        """Write what still waits for one who is writing; every other line was flushed at once."""
        if self._writing.acquire(timeout=_FLUSH_S):
            try:
                while self._waiting:
                    self._write_waiting()
            finally:
                self._writing.release()


def _encodable(text: str, encoding: str | None) -> str:
    """Return text that the stream can carry; JSON stays JSON."""
    if text.isascii() or (encoding or "utf-8").lower().replace("_", "-") in {"utf-8", "utf8"}:
        return text
    return escape_non_ascii(text)
