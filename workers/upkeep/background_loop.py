"""A named background thread that does one thing every so often, and survives its failures."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence

from models.database.connection import database
from models.events import Event

logger = logging.getLogger(__name__)


class Loop:
    """Calls `tick` every `interval_s` seconds on a thread of its own until stopped.

    A tick may return after how many seconds to call it again instead.
    A tick that raises is logged, once per kind of error in a row, and the loop goes on: the
    database or broker that was away may be back next time.
    """

    def __init__(self, name: str, interval_s: float, tick: Callable[[], float | None]) -> None:
        self.name = name
        self.interval_s = interval_s
        self._tick = tick
        self._stop = threading.Event()
        self._last_error = ""
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Start the thread; the first tick comes at once."""
        self._thread.start()

    def stop(self, timeout_s: float = 5.0) -> None:
        """Ask the thread to end and wait for it."""
        self._stop.set()
        if self._thread.ident is not None:  # else the system refused it
            self._thread.join(timeout_s)

    def _run(self) -> None:
        while not self._stop.is_set():
            pause_s = None
            try:
                pause_s = self._tick()
                self._last_error = ""
            except Exception as exc:  # noqa: BLE001 - the loop outlives whatever a tick meets
                self._report(exc)
                if not database().is_sqlite:  # it may be dead; a file's must stay with its log
                    database().close_thread()
            self._stop.wait(self.interval_s if pause_s is None else pause_s)
        database().close_thread()

    def _report(self, exc: Exception) -> None:
        error = f"{type(exc).__name__}: {exc}"
        if error != self._last_error:
            logger.warning(
                "%s could not do its work and tries again every %.1f s: %s",
                self.name,
                self.interval_s,
                error,
                extra={"event": Event.LOOP_FAILED},
            )
        self._last_error = error


def stop_together(loops: Sequence[Loop], timeout_s: float = 5.0) -> None:
    """Ask all the threads to end, and wait so long for the last of them."""
    until_s = time.monotonic() + timeout_s
    for loop in loops:
        loop.stop(timeout_s=0)
    for loop in loops:
        loop.stop(timeout_s=max(0.0, until_s - time.monotonic()))
