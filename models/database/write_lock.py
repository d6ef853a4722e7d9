"""Taking turns at SQLite's single write lock.

SQLite waits for its lock by sleeping and looking again, up to 25 ms at a time and unfairly: with
two processes of four threads, most of the time went into those sleeps (see
`tests/benchmarks/bench_chain.py`). A lock between threads and an advisory lock on a file beside the
database, looked at more often than that, keep Scout's own writers from ever meeting there.
Other programs may still hold SQLite's lock, so its busy timeout stays.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: Who stops or hangs in its turn, a process or a thread, keeps the others waiting this long.
MAX_WAIT_S = 1.0
#: Who has the turn usually needs it for less than this: so long, the processor is given to whoever
#: wants it between two looks, and no timer is waited for. That made the chain 1.15 times as fast
#: where the kernel places the processes (`bench_chain --unpinned`).
_YIELD_S = 0.001
#: Then, at first, and at most.
_LOOK_AGAIN_S = 0.0001
_LOOK_AGAIN_MAX_S = 0.0005


class Turn(ABC):
    """Lets one writer at a time through."""

    @abstractmethod
    def held(self) -> contextlib.AbstractContextManager[None]:
        """Wait for the turn and hold it for the block."""

    @abstractmethod
    def renew(self) -> None:
        """Start anew in a forked child, which must not share its parent's locks."""


class NoTurn(Turn):
    """For a database server, which needs no help: everybody may go."""

    def held(self) -> contextlib.AbstractContextManager[None]:
        """Let the caller through at once."""
        return contextlib.nullcontext()

    def renew(self) -> None:
        """Do nothing: there is nothing to renew."""


class ProcessTurn(Turn):
    """One writer at a time over all threads of all of Scout's processes on this machine.

    Args:
        database: The database's file; the lock is on `<name>-turn` beside it.
    """

    def __init__(self, database: Path) -> None:
        self._path = database.with_name(database.name + "-turn")
        self._threads = threading.Lock()
        self._fd: int | None = None

    @contextmanager
    def held(self) -> Iterator[None]:
        """Wait for the turn, among threads and then among processes, and hold it."""
        threads = self._threads
        if not threads.acquire(timeout=MAX_WAIT_S):
            yield  # whoever has it waits for SQLite's own lock, and so does this thread then
            return
        try:
            self._lock_file()
            yield
        finally:
            if self._fd is not None:
                fcntl.flock(self._fd, fcntl.LOCK_UN)
            threads.release()

    def renew(self) -> None:
        """Drop the inherited lock and file, which belong to the parent."""
        self._threads = threading.Lock()
        if self._fd is not None:
            os.close(self._fd)
        self._fd = None

    def _lock_file(self) -> None:
        """Lock the file, unless its file system has no such locks or somebody keeps it too long.

        The turn is a courtesy; SQLite's own lock is what counts, and it knows how to give up.
        """
        began_s, pause_s = time.monotonic(), _LOOK_AGAIN_S
        try:
            if self._fd is None:
                self._fd = os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
            while True:
                try:
                    fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    waited_s = time.monotonic() - began_s
                    if waited_s > MAX_WAIT_S:
                        return
                    if waited_s < _YIELD_S:
                        os.sched_yield()
                        continue
                    time.sleep(pause_s)
                    pause_s = min(pause_s * 1.25, _LOOK_AGAIN_MAX_S)
                else:
                    return
        except OSError:
            return
