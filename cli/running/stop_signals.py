"""SIGTERM, and the SIGHUP of a terminal that hangs up, answered as Ctrl-C is."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn

from models.errors import ExitCode

#: What ends a command in order, with its exit code and what is recorded of it.
_SIGNALS = {
    "SIGTERM": (ExitCode.TERMINATED, "stopped by SIGTERM"),
    "SIGHUP": (ExitCode.HUNG_UP, "stopped because its terminal hung up (SIGHUP)"),
}


class Stopped(KeyboardInterrupt):
    """A signal asked the process to stop.

    Args:
        name: The signal.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.exit_code, self.reason = _SIGNALS[name]


def exit_code_of_stop(exc: BaseException) -> ExitCode:
    """Return the exit code of a command that Ctrl-C or a signal ended."""
    return exc.exit_code if isinstance(exc, Stopped) else ExitCode.INTERRUPTED


@contextmanager
def raised_as_stop() -> Iterator[None]:
    """Raise `Stopped` in the main thread where a signal comes during the block; call it there.

    A signal that is ignored stays so, as with `nohup`.
    """
    before = {}
    for name in _SIGNALS:
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            before[number] = signal.signal(number, _raise)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _raise(number: int, _: FrameType | None) -> NoReturn:
    raise Stopped(signal.Signals(number).name)
