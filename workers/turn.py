"""Turns at what one process at a time does, of all that share a database."""

from __future__ import annotations

from collections.abc import Callable

from models.clock import Clock
from models.dao.singletons import SingletonsDao
from models.database.connection import database
from workers.worker_name import worker_name


def take_turn(
    job: str,
    for_s: float,
    clock: Clock,
    *,
    then: Callable[[], None] | None = None,
    give_up: Callable[[], bool] | None = None,
) -> bool:
    """Take a job for this process, or keep it longer; returns whether no other has it now.

    Args:
        job: Its name.
        for_s: How long others leave it alone if this process does not come back.
        clock: Where the time comes from.
        then: What to write in the same transaction where it was taken.
        give_up: Ends waiting for the database early.

    Raises:
        DatabaseUnavailableError: The database stayed locked or away.
    """
    now, until = clock.now_iso(), clock.now_iso(for_s)

    def work() -> bool:
        taken = SingletonsDao.take(job, worker_name(), now, until)
        if taken and then is not None:
            then()
        return taken

    return database().transact(work, give_up=give_up)
