"""The optional log file: JSON lines, rotated by size, written by several processes at once."""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import stat
import time
from io import TextIOWrapper
from pathlib import Path

from concurrent_log_handler import ConcurrentRotatingFileHandler

from models.events import Event
from models.nonblocking_stream import STALL_S
from workers.logs.json_format import JsonFormatter, parse_object

FILE_MODE = 0o600
#: Nor wait for somebody at the other end of a pipe.
_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
#: Seconds between two reports that the file cannot be written.
REPORT_EVERY_S = 60.0
#: How far back the last line break is looked for when a line was torn.
_TAIL_BYTES = 1 << 20
#: Seconds between two looks at a lock that another process has.
_LOOK_S = 0.001


def open_plainly(path: str) -> int:
    """Open a log file, or its lock, made for its owner alone if it is not there.

    Raises:
        OSError: It cannot be opened, or leads elsewhere: to write to what somebody put there, and
            to change its mode, is how a log file becomes a weapon.
    """
    descriptor = os.open(path, os.O_CREAT | os.O_APPEND | os.O_RDWR | _NO_FOLLOW, FILE_MODE)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is no file", path)
    return descriptor


def _locked(lock: TextIOWrapper) -> bool:
    """Lock a file unless another process has it locked; says whether it is ours."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


class SharedRotatingFile(ConcurrentRotatingFileHandler):
    """A rotating file that several processes share and in which every line parses.

    A process that is killed while it writes leaves part of a line behind; the next writer
    wraps that part as a line of its own (`log.torn_line`) before it adds anything. One that is
    stopped while it writes holds the lock: lines are dropped then, and counted.
    """

    def __init__(self, path: str, max_bytes: int, backups: int, formatter: JsonFormatter) -> None:
        super().__init__(
            path,
            mode="a+",  # also readable: see _mend
            maxBytes=max_bytes,
            backupCount=backups,
            encoding="utf-8",
            chmod=FILE_MODE,
        )
        os.close(open_plainly(self.lockFilename))
        self.setFormatter(formatter)
        self.maxLockAttempts = 1  # each of them waits
        self._reported_s = float("-inf")
        self._dropped = 0
        self._held_since_s = 0.0

    def do_open(self, mode: str | None = None) -> TextIOWrapper:
        """Open the file again, as after a rotation, unless it leads elsewhere by now."""
        os.close(open_plainly(self.baseFilename))
        return super().do_open(mode)

    def do_write(self, msg: str) -> None:
        """Write a line, after one that tells how many were dropped before it. Called locked."""
        if self._dropped:
            held_s = time.monotonic() - self._held_since_s
            record, self._dropped = _dropped_record(self._dropped, held_s), 0
            super().do_write(self.format(record))
        super().do_write(msg)

    def _lock_stream_lock(self, stream_lock: TextIOWrapper) -> None:
        """Take the lock, or give up where nobody has written for a while who could have it.

        Raises:
            BlockingIOError: Another process has it, and does not go on.
        """
        since_s, size = time.monotonic(), self._size()
        while not _locked(stream_lock):
            if self._dropped or time.monotonic() - since_s > STALL_S:
                self._held_since_s = self._held_since_s if self._dropped else since_s
                self._dropped += 1
                raise BlockingIOError(errno.EAGAIN, "another process has its lock")
            time.sleep(_LOOK_S)
            before, size = size, self._size()
            if size != before:
                since_s = time.monotonic()  # it is slow, but goes on

    def _size(self) -> int:
        try:
            return Path(self.baseFilename).stat().st_size
        except OSError:
            return 0

    def shouldRollover(self, record: logging.LogRecord) -> bool:  # noqa: N802 - the library's name
        """Say whether the file is full. Called under the lock before each write."""
        if self.stream is None or self.stream.closed:
            self.stream = self.do_open()
        self._mend(self.stream.fileno())
        return super().shouldRollover(record)

    def _mend(self, fd: int) -> None:
        size = os.fstat(fd).st_size
        if size == 0 or os.pread(fd, 1, size - 1) == b"\n":
            return
        start = max(0, size - _TAIL_BYTES)
        tail = os.pread(fd, size - start, start)
        torn_at = tail.rfind(b"\n") + 1
        torn = tail[torn_at:]
        if parse_object(torn) is not None:
            os.write(fd, b"\n")
            return
        os.ftruncate(fd, start + torn_at)
        os.write(fd, (self.format(_torn_record(torn)) + "\n").encode())

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Say on the other handlers, now and then, that the file cannot be written."""
        now_s = time.monotonic()
        if now_s - self._reported_s < REPORT_EVERY_S:
            return
        self._reported_s = now_s
        why = "is locked by a process that does not go on" if self._dropped else "cannot be written"
        logging.getLogger("scout.log").error(
            "The log file %s; lines go on to the other outputs.",
            why,
            exc_info=not self._dropped,
            extra={"event": Event.LOG_FILE_FAILED, "log_file": self.baseFilename},
        )


def _dropped_record(lines: int, seconds: float) -> logging.LogRecord:
    text = f"{lines} line(s) were dropped: another process held the lock for {seconds:.0f} s."
    return _record(text, event=Event.LOG_LINES_DROPPED, lines=lines)


def _torn_record(torn: bytes) -> logging.LogRecord:
    return _record(torn.decode("utf-8", "replace"), event=Event.LOG_TORN_LINE)


def _record(text: str, *, event: Event, **fields: int) -> logging.LogRecord:
    """Return a line about the file itself, which goes past all loggers."""
    attributes = {
        "name": "scout.log",
        "module": "files",
        "levelno": logging.WARNING,
        "levelname": "WARNING",
        "msg": text,
        "args": None,
        "event": event,
        **fields,
    }
    return logging.makeLogRecord(attributes)
