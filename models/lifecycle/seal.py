"""Sealing what was asked for: outside the transactions of the work, one process at a time.

A seal waits a little after it was asked for. Rows that other transactions were writing meanwhile
are in it then, although PostgreSQL may have given them lower ids.
"""

from __future__ import annotations

import logging
import time

from models.clock import Clock
from models.dao.seals import SealRow, SealsDao
from models.database.connection import database
from models.database.peewee_alone import peewee
from models.events import Event
from models.records.seal_digests import next_seal

logger = logging.getLogger(__name__)

#: Seconds that a seal waits after it was asked for; no transition takes so long.
SETTLE_S = 5.0
_BATCH = 100


def is_sealing_due(clock: Clock, settle_s: float = SETTLE_S) -> bool:
    """Say whether anything is to be sealed now."""
    before = clock.now_iso(-settle_s)
    return bool(database().reading(lambda: SealsDao.asked_for(before, 1)))


def seal_due(clock: Clock, for_s: float, settle_s: float = SETTLE_S) -> int:
    """Seal what is due for so many seconds at most, and return how many seals that made.

    Only one process may do it at a time; another one's seal makes this one stop.

    Raises:
        DatabaseUnavailableError: The database stayed locked or away.
    """
    until_s = time.monotonic() + for_s
    before = clock.now_iso(-settle_s)
    head = database().reading(SealsDao.head)
    made = 0
    for run_id in database().reading(lambda: SealsDao.asked_for(before, _BATCH)):
        try:
            seal = _seal(run_id, head, before, clock)
        except peewee.IntegrityError:
            break  # somebody else has used the number
        if seal is not None:
            head, made = seal, made + 1
        if time.monotonic() >= until_s:
            break
    if made and head is not None:
        end = f"{head.number}:{head.link}"
        logger.info(
            "%d seal(s) were added; the chain ends with %s.",
            *(made, end),
            extra={"event": Event.AUDIT_SEALED, "seals": made, "head": end},
        )
    return made


def _seal(run_id: str | None, head: SealRow | None, before: str, clock: Clock) -> SealRow | None:
    """Seal a run, or the rows of none; what is hashed is read before the transaction."""
    seal = database().reading(lambda: next_seal(run_id, head, clock.now_iso()))
    database().transact(lambda: _keep(run_id, seal, before))
    return seal


def _keep(run_id: str | None, seal: SealRow | None, before: str) -> None:
    if seal is not None:
        SealsDao.add(seal)
    SealsDao.forget(run_id, before)
