"""Reads what a worker process writes and passes it on as whole lines that all parse."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from typing import IO, Any

from models.events import Event
from models.redaction import default_redactor
from workers.logs import LineHandler, TextFormatter, parse_object
from workers.logs.json_format import escape_unsafe

logger = logging.getLogger("scout.worker")

#: Longer lines are cut into pieces of this many bytes, so that memory stays bounded.
MAX_LINE_BYTES = 512 * 1024
_READ_BYTES = 1 << 16
_CUT_WINDOW_BYTES = 8192
#: What every line of Scout's own formatter has, and little else: it has been redacted.
_OWN_KEYS = frozenset({"timestamp", "level", "message", "run_id", "logger", "module"})


class LineOutput:
    """Where the lines of all worker processes go: the parent's own log stream.

    Args:
        handler: The handler of the parent's stream.
    """

    def __init__(self, handler: LineHandler) -> None:
        self._handler = handler
        self._text = handler.formatter if isinstance(handler.formatter, TextFormatter) else None
        self._waiting: list[str] = []

    def add(self, fields: dict[str, Any], line: str) -> None:
        """Take a line that is a JSON object, to be written unchanged in the JSON format."""
        self._waiting.append(line if self._text is None else self._text.render(fields))

    def flush(self) -> None:
        """Write the lines that were taken, in one go."""
        if self._waiting:
            count, text = len(self._waiting), "\n".join(self._waiting) + "\n"
            self._waiting.clear()
            self._handler.write_text(text, lines=count)


class LinePump:
    """Moves what one stream of one process has to say to the output, line by line.

    A line that is one JSON object passes unchanged. Anything else, as a fatal error of the
    interpreter, a `print`, the part of a line that a killed process left, or what only looks like
    a line of another process, becomes a log line of its own (`worker.raw_output`), redacted.
    Blank lines are dropped.

    Args:
        source: The reading end of the process's stdout or stderr.
        name: `stdout` or `stderr`.
        pid: The process's id.
        output: Where lines go.
        heard: Called with the fields of every line that is a JSON object.
        heard_raw: Called with every other line, as it came.
    """

    def __init__(
        self,
        source: IO[bytes],
        name: str,
        pid: int,
        output: LineOutput,
        heard: Callable[[dict[str, Any]], None],
        heard_raw: Callable[[str], None] | None = None,
    ) -> None:
        self._source = source
        self._name = name
        self._pid = pid
        self._output = output
        self._heard = heard
        self._heard_raw = heard_raw
        self._rest = b""
        os.set_blocking(source.fileno(), False)

    def fileno(self) -> int:
        """Return the file descriptor to wait for."""
        return self._source.fileno()

    def pump(self) -> bool:
        """Move what can be read now, at most 64 KiB; return False at the end of the stream."""
        data = self._read()
        if data:
            self._split(data)
            self._output.flush()
        return data != b""

    def finish(self) -> None:
        """Move all that is left of a process that has ended, and close the stream."""
        while data := self._read():
            self._split(data)
        if self._rest:
            self._take(self._rest, whole=False)
        self._output.flush()
        self._source.close()

    def _read(self) -> bytes | None:
        """Return the next bytes, none at the end of the stream, or None if there are none yet."""
        try:
            return os.read(self._source.fileno(), _READ_BYTES)
        except BlockingIOError:
            return None

    def _split(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._take(line)
        while len(self._rest) > MAX_LINE_BYTES:
            # At a blank where there is one near, so that no token is cut in two.
            blank = self._rest.rfind(b" ", MAX_LINE_BYTES - _CUT_WINDOW_BYTES, MAX_LINE_BYTES)
            at = blank if blank > 0 else MAX_LINE_BYTES
            self._take(self._rest[:at], whole=False)
            self._rest = self._rest[at:]

    def _take(self, line: bytes, *, whole: bool = True) -> None:
        if not line.strip():
            return
        fields = parse_object(line)
        if fields is not None and not fields.keys() >= _OWN_KEYS:
            # Somebody printed JSON: not written by our formatter, so not redacted yet.
            line = default_redactor().scrub_line(line.decode()).encode()
            fields = parse_object(line)
        elif fields is not None and fields.get("pid") != self._pid:
            fields = None  # it looks like a line of ours, and is another's or nobody's
        if fields is None:
            self._output.flush()  # what came before stays before
            self._wrap(line, whole=whole)
            return
        self._heard(fields)
        self._output.add(fields, escape_unsafe(line.decode()).strip())

    def _wrap(self, line: bytes, *, whole: bool) -> None:
        extra: dict[str, Any] = {
            "event": Event.WORKER_RAW_OUTPUT,
            "pid": self._pid,
            "stream": self._name,
        }
        if not whole:
            extra["partial"] = True
        level = logging.WARNING if self._name == "stderr" else logging.INFO
        text = line.decode("utf-8", "replace").rstrip("\r")
        logger.log(level, "%s", text, extra=extra)
        if self._heard_raw is not None:
            self._heard_raw(text)
