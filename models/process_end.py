"""The end of a process that a thread which never ends would put off for ever.

At its exit Python waits for every thread that is no daemon, and for those of thread pools. A step
may have left one behind that hangs in native code.
"""

from __future__ import annotations

import atexit
import os
import threading
from contextlib import suppress
from typing import NoReturn

from models.nonblocking_stream import finish_streams

#: Seconds that threads get to end.
THREADS_S = 3.0


def end_now(status: int) -> NoReturn:
    """End this process, with what was printed, and wait for nobody."""
    finish_streams()
    os._exit(status)


def end_soon(status: int, after_s: float = THREADS_S) -> None:
    """End this process with a status after so long, where it then still waits for its threads.

    Args:
        status: The exit code that it is about to have.
        after_s: How long they may take.
    """
    ended = threading.Event()
    atexit.register(ended.set)  # called when all of them have ended

    def wait() -> None:
        if not ended.wait(after_s):
            end_now(status)

    with suppress(RuntimeError):  # the system starts no more threads
        threading.Thread(target=wait, name="end", daemon=True).start()
