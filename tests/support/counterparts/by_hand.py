"""What the counterparts have in common when they are processes of their own."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable


def until_stopped(url: str, summary: Callable[[], str]) -> None:
    """Print where a server is, wait for SIGINT or SIGTERM, and print what it did."""
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    print(url, flush=True)  # noqa: T201 - this is what it is for
    stopped.wait()
    print(summary(), flush=True)  # noqa: T201
