"""Signals as something to wait for: a pipe that becomes readable when one arrives."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable
from types import FrameType, TracebackType
from typing import Any


class SignalPipe:
    """Collects signals while the block runs, instead of acting on them in the middle of things.

    A handler that sets an event can deadlock with a thread that waits for the same event; a
    pipe cannot. Only for the main thread, as all of Python's signal handling.

    Args:
        signals: Which signals are collected.
    """

    def __init__(self, signals: Iterable[signal.Signals]) -> None:
        self._signals = tuple(signals)
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> SignalPipe:
        self._read_fd, self._write_fd = os.pipe()
        for fd in (self._read_fd, self._write_fd):
            os.set_blocking(fd, False)
        self._wakeup_before = signal.set_wakeup_fd(self._write_fd, warn_on_full_buffer=False)
        for number in self._signals:
            self._before[number] = signal.signal(number, _noted)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._wakeup_before)
        os.close(self._read_fd)
        os.close(self._write_fd)

    def fileno(self) -> int:
        """Return the file descriptor to wait for."""
        return self._read_fd

    def take(self) -> list[signal.Signals]:
        """Return the signals that arrived since the last call, in order."""
        try:
            return [signal.Signals(number) for number in os.read(self._read_fd, 4096)]
        except BlockingIOError:
            return []


def has_terminal() -> bool:
    """Say whether this process has a terminal that can interrupt it; not once that is gone."""
    try:
        os.close(os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY))
    except OSError:
        return False
    return True


def _noted(_number: int, _frame: FrameType | None) -> None:
    """Do nothing: Python has already written the signal's number into the pipe."""
