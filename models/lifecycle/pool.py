"""Places in a pool: who gets one, and who waits (`scout run --pool`).

Who is at work is counted from the rows, in the transaction in which a run is made, opened again or
ended, so there is no place that a dead process could keep. A run that waits has no step that is
due. Nothing but the end of another run gives it a place, or recovery, which looks for places that
somebody left without a look (an older Scout, or a transaction that lost a deadlock).
"""

from __future__ import annotations

from functools import partial

from models.audit import Entry, Journal, transition
from models.clock import Clock, seconds_between, spoken
from models.dao.pools import PoolsDao
from models.database.connection import database
from models.events import Event
from models.pool import Pool
from models.text.first_few import first_few


def take_place(journal: Journal, run_id: str, pool: Pool, clock: Clock) -> bool:
    """Give an unfinished run, whose first step is due, a place in its pool, or have it wait.

    It is called in the transaction that makes the run or opens it again.

    Returns:
        Whether it has a place.
    """
    PoolsDao.lock(pool.name)
    others = PoolsDao.at_work(pool.name, run_id)
    if len(others) < pool.max_runs:
        PoolsDao.let_go(run_id)
        return True
    PoolsDao.hold(run_id, clock.now_iso())
    journal.add(
        Entry(
            event=Event.RUN_HELD,
            message=f"Run waits for a place in {pool.words}; {_listed(others)} at work.",
            scope="run",
            run_id=run_id,
            data={"pool": pool.name, "max_runs": pool.max_runs, "at_work": others[:10]},
        )
    )
    return False


def fill_places(journal: Journal, pool: str, clock: Clock) -> None:
    """Let those begin that wait for a place which is free by now; inside the transaction."""
    PoolsDao.lock(pool)
    while (held := PoolsDao.next_held(pool)) is not None:
        if len(PoolsDao.at_work(pool, held.run_id)) >= held.max_runs:
            return
        now = clock.now_iso()
        PoolsDao.let_begin(held.run_id, now)
        waited_s = max(0.0, seconds_between(held.held_at, now))
        journal.add(
            Entry(
                event=Event.RUN_ADMITTED,
                message=f"Run has a place in the pool {pool} after {spoken(waited_s)}.",
                scope="run",
                run_id=held.run_id,
                data={"pool": pool, "waited_ms": round(waited_s * 1000)},
            )
        )


def fill_all_places(clock: Clock | None = None) -> None:
    """Look for free places in every pool that somebody waits for.

    Raises:
        DatabaseUnavailableError: The database stayed locked or away.
    """
    clock = clock or Clock()
    for pool in database().reading(PoolsDao.waited_for):
        transition(partial(fill_places, pool=pool, clock=clock), clock)


def _listed(run_ids: list[str]) -> str:
    return f"{first_few(run_ids)} {'is' if len(run_ids) == 1 else 'are'}"
