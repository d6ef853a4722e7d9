"""Telling a listener a little later, many things at a time, on a thread of its own.

What is done about an attempt in the middle of its work costs several times what it costs among its
like, and the work does not have to wait for it.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Self

from models.database.connection import database
from models.errors import ConfigError
from models.listeners import Listener, told_to


class ToldLater:
    """A listener in front of another one; a context manager that tells the rest at its end.

    Args:
        listener: Who is told.
        every_s: How often.
        limit: How much may wait; the oldest is dropped then.
        then: Called each time after what waited was told.
    """

    def __init__(
        self,
        listener: Listener,
        every_s: float,
        limit: int,
        then: Callable[[], None] = lambda: None,
    ) -> None:
        self._then = then
        self._listener = listener
        self._every_s = every_s
        self._waiting: deque[object] = deque(maxlen=limit)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="told later", daemon=True)

    def __call__(self, happening: object) -> None:
        """Keep what happened for later."""
        self._waiting.append(happening)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(self._every_s):
            self.tell_all()
        self.tell_all()
        try:
            database().close_thread()
        except ConfigError:
            return  # none was ever opened

    def tell_all(self) -> None:
        """Tell what waits now."""
        while self._waiting:
            told_to(self._listener, self._waiting.popleft())
        self._then()
