"""A stream for lines that never holds its writer up: where nobody reads, lines are dropped.

What a log says is worth less than the work it tells of. A reader that is slow is waited for; one
that takes nothing for two seconds (a pipe that nobody empties, Ctrl-S, a frozen connection) costs
lines, which are counted, and told when it goes on. Every line is there whole or not at all.
"""

from __future__ import annotations

import atexit
import io
import os
import select
import stat
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any, TextIO

#: Bytes that wait for a reader before anybody waits for it, and before lines are dropped.
BACKLOG_BYTES = 1 << 20
#: A reader that takes nothing for so long has stalled.
STALL_S = 2.0
#: Where a descriptor cannot be made to refuse, a write of so many bytes fits if any does.
_SMALL_BYTES = 512
_LOOK_S = 0.5
_NEWLINE = ord("\n")
_PAUSE_S = 0.02

#: Makes the line that tells how many lines were dropped, in so many seconds.
Notice = Callable[[int, float], str]


def plain_notice(lines: int, seconds: float) -> str:
    """Return what is told of dropped lines, for people."""
    what = "1 line was" if lines == 1 else f"{lines} lines were"
    return f"{what} dropped: nobody read them for {seconds:.0f} s."


class UnblockedFile(io.FileIO):
    """A descriptor that takes everything at once; errors cost what was written and nothing else.

    Args:
        descriptor: Where lines go. It stays open, and as it is, when this object goes: other
            processes may share it.
    """

    def __init__(self, descriptor: int) -> None:
        super().__init__(descriptor, "wb", closefd=False)
        #: Makes the line about dropped ones; logging puts its own format in this place.
        self.notice: Notice = plain_notice
        self._looked_at, self._put = _putter(descriptor)
        self._lock = threading.RLock()
        self._backlog = bytearray()
        self._moved_s = time.monotonic()
        self._dropped = 0
        self._dropped_since_s = 0.0
        #: Whether the line that is being written was begun, and whether its rest is dropped.
        self._inside = self._cutting = False
        #: Whether what comes may be written at once.
        self._idle = True
        self._drainer: threading.Thread | None = None
        self._finishes = False

    def write(self, data: Any, /) -> int:
        """Take whole lines, or parts of them; returns how many bytes that was: all."""
        with self._lock:
            if self._idle:
                written = self._try(data)
                if written == len(data):
                    self._inside = not written or data[-1] != _NEWLINE
                    return written
                self._begin_backlog(bytes(data), written)
            else:
                self._queue(bytes(data))
            self._idle = not (self._backlog or self._dropped or self._cutting)
            if not self._idle:
                self._drain_later()
        return len(data)

    def finish(self) -> None:
        """Wait for the reader, as long as it takes something now and then."""
        while self._backlog and self._gets_on():
            pass

    def _begin_backlog(self, data: bytes, written: int) -> None:
        self._inside = not data.endswith(b"\n")
        self._backlog += data[written:]
        self._moved_s = time.monotonic()

    def _queue(self, data: bytes) -> None:
        self._drain()
        for line in data.splitlines(keepends=True):
            self._queue_line(line)
        if not self._dropped:
            self._drain()

    def _queue_line(self, line: bytes) -> None:
        ends = line.endswith(b"\n")
        if self._cutting or not (self._inside or self._has_room(len(line))):
            self._dropped_since_s = self._dropped_since_s or self._moved_s
            self._dropped += ends
            self._cutting = not ends
            return
        self._tell_dropped()
        self._backlog += line
        self._inside = not ends

    def _has_room(self, size: int) -> bool:
        """Say whether a line fits, after waiting for a reader that is only slow."""
        while len(self._backlog) + size > BACKLOG_BYTES:
            if not self._gets_on():
                return False
        return True

    def _gets_on(self) -> bool:
        """Wait until the reader takes something; returns False where it has stalled."""
        moved_s = self._moved_s
        left_s = moved_s + STALL_S - time.monotonic()
        if left_s > 0:
            _is_writable(self._looked_at, left_s)
        with self._lock:
            if self._drain() or self._moved_s != moved_s:
                return True
        if left_s > 0:
            time.sleep(_PAUSE_S)
        return left_s > 0

    def _drain(self) -> bool:
        """Write what the reader takes now; returns whether that was all."""
        while self._backlog or self._tell_dropped():
            if not _is_writable(self._looked_at, 0.0):
                return False
            written = self._try(bytes(self._backlog[:65_536]))
            if not written:
                return False
            del self._backlog[:written]
            self._moved_s = time.monotonic()
        return True

    def _tell_dropped(self) -> bool:
        """Add the line about dropped ones, between two lines; returns whether there was one."""
        if self._inside or not self._dropped:
            return False
        seconds = time.monotonic() - self._dropped_since_s
        line = self.notice(self._dropped, seconds).rstrip("\n") + "\n"
        self._dropped, self._dropped_since_s = 0, 0.0
        self._backlog += line.encode("utf-8", "replace")
        return True

    def _try(self, data: Any) -> int:
        """Return how many bytes were taken; what meets an error counts as taken, and is lost."""
        try:
            return self._put(data)
        except BlockingIOError:
            return 0
        except OSError:
            return len(data)

    def _drain_later(self) -> None:
        """See to it that the backlog goes on also when nobody writes any more."""
        if not self._finishes:
            self._finishes = True
            atexit.register(self.finish)
        if self._drainer is None:
            self._drainer = threading.Thread(target=self._drain_all, name="log-drain", daemon=True)
            try:
                self._drainer.start()
            except RuntimeError:  # the interpreter ends, or the system has no more threads
                self._drainer = None

    def _drain_all(self) -> None:
        while True:
            _is_writable(self._looked_at, _LOOK_S)
            with self._lock:
                if self._drain():
                    self._drainer, self._idle = None, not self._cutting
                    return
            time.sleep(_PAUSE_S)


def unblocked(stream: TextIO) -> TextIO:
    """Return a stream to where another one leads, which never holds its writer up."""
    return led_through(UnblockedFile, stream)


def led_through(kind: Callable[[int], io.RawIOBase], stream: TextIO) -> TextIO:
    """Return a stream that writes as another one does and to where it leads, through a file.

    Args:
        kind: Makes the file of a descriptor.
        stream: The other one, which is flushed.
    """
    stream.flush()
    return io.TextIOWrapper(
        io.BufferedWriter(kind(stream.fileno())),
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=bool(stream.line_buffering),
    )


def finish_streams() -> None:
    """Have stdout and stderr written as far as anybody reads; for an exit that skips all else."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):
            stream.flush()
        file = unblocked_file(stream)
        if file is not None:
            file.finish()


def unblocked_file(stream: object) -> UnblockedFile | None:
    """Return the file below a stream that `unblocked` returned, or None where it did not."""
    raw = getattr(getattr(stream, "buffer", None), "raw", None)
    return raw if isinstance(raw, UnblockedFile) else None


def _is_writable(descriptor: int, timeout_s: float) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLOUT)
    return bool(poll.poll(timeout_s * 1000))


Put = Callable[[bytes], int]


def _putter(descriptor: int) -> tuple[int, Put]:
    """Return what writes to a descriptor without ever waiting, and what to poll before.

    The descriptor's flags are not touched, which other processes share: a pipe or terminal is
    opened anew, and a socket is told with each write.
    """
    mode = os.fstat(descriptor).st_mode
    with suppress(OSError):  # another system, or a pipe of another user's
        if stat.S_ISSOCK(mode):
            import socket  # 3 ms of each command, and hardly ever needed

            own = socket.socket(fileno=os.dup(descriptor))
            return own.fileno(), lambda data: own.send(data, socket.MSG_DONTWAIT)
        if not (stat.S_ISFIFO(mode) or os.isatty(descriptor)):
            return descriptor, partial(os.write, descriptor)
        flags = os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY
        anew = os.open(f"/proc/self/fd/{descriptor}", flags)
        return anew, partial(os.write, anew)
    return descriptor, lambda data: _put_if_room(descriptor, data)


def _put_if_room(descriptor: int, data: bytes) -> int:
    if not _is_writable(descriptor, 0.0):
        raise BlockingIOError
    return os.write(descriptor, data[:_SMALL_BYTES])
