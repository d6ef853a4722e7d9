"""The handler that writes whole lines to a stream that may be replaced, closed or narrow."""

from __future__ import annotations

import logging
import sys
import threading
from typing import TextIO

from workers.logs.json_format import escape_non_ascii


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

    def write_text(self, text: str, *, lines: int) -> None:
        """Write text that consists of whole lines, `lines` of them."""
        with self.lock:  # type: ignore[union-attr]  # set by Handler.__init__, an RLock
            try:
                stream = self.stream
                if stream is None:
                    self.lost_lines += lines
                    return
                stream.write(_encodable(text, getattr(stream, "encoding", None)))
                stream.flush()
            except (OSError, ValueError):
                self.lost_lines += lines

    def flush(self) -> None:
        """Do nothing: every line was flushed when it was written."""


def _encodable(text: str, encoding: str | None) -> str:
    """Return text that the stream can carry; JSON stays JSON."""
    if text.isascii() or (encoding or "utf-8").lower().replace("_", "-") in {"utf-8", "utf8"}:
        return text
    return escape_non_ascii(text)
