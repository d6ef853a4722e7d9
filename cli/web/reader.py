"""Reading for the page: one thread, one look at a time, and nothing that could write.

Views and tables are bound to one database per process, and nobody is served sooner by two threads
of Python that read at once. A connection lasts for a look, so an outage is over when it is over.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Generic, TypeVar

from models.clock import Clock
from models.database.connection import Database, database
from models.database.read_only import one_look, open_existing
from models.errors import DatabaseUnavailableError
from models.settings.runtime import Settings

T = TypeVar("T")


class Reader:
    """Does work that reads rows, on a thread of its own.

    Args:
        settings: Where the database is.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._thread = ThreadPoolExecutor(1, "scout-reader")

    async def read(self, work: Callable[[], T]) -> T:
        """Do `work` with the database open, read-only, all rows of one moment.

        Raises:
            DatabaseUnavailableError: There is none any more.
            Exception: What `work` raises, or the driver of the database.
        """
        return await self.on_thread(lambda: self._look(work))

    async def on_thread(self, work: Callable[[], T]) -> T:
        """Do `work`, which opens the database by itself, while nobody else reads."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def close(self) -> None:
        """Start nothing more."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _look(self, work: Callable[[], T]) -> T:
        return look_at(open_existing(self.settings), work)


def look_at(opened: Database | None, work: Callable[[], T]) -> T:
    """Do `work` in one look at a database, and close this thread's connection to it.

    Raises:
        DatabaseUnavailableError: There is no database.
    """
    if opened is None:
        raise DatabaseUnavailableError(
            "The database is not there any more.", "Look where it should be: scout doctor"
        )
    try:
        with one_look(database()):
            return work()
    finally:
        opened.close_thread()


class Shared(Generic[T]):
    """Has something made once for everybody who asks for it within a while.

    Args:
        make: Makes it.
        for_s: Seconds after which it is made anew for who asks.
        for_times: It is kept at least so many times as long as its making took, so that this never
            takes more than that part of the time.
        clock: Where the time comes from.
    """

    def __init__(
        self,
        make: Callable[[], Coroutine[Any, Any, T]],
        for_s: float,
        for_times: float = 0.0,
        clock: Clock | None = None,
    ) -> None:
        self._make, self._for_s, self._for_times = make, for_s, for_times
        self._clock = clock or Clock()
        self._task: asyncio.Task[T] | None = None
        self._old_at_s = 0.0

    async def get(self) -> T:
        """Return it; what failed is tried again at once."""
        task = self._task
        old = self._clock.monotonic_s() >= self._old_at_s
        if task is None or (task.done() and (old or task.cancelled() or task.exception())):
            task = self._task = asyncio.create_task(self._made())
        return await asyncio.shield(task)

    async def _made(self) -> T:
        began_s = self._clock.monotonic_s()
        made = await self._make()
        took_s = self._clock.monotonic_s() - began_s
        self._old_at_s = began_s + max(self._for_s, self._for_times * took_s)
        return made
