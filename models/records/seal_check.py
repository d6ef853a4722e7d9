"""Whether the rows are as they were sealed: names what was changed, removed or added since."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from msgspec import Struct

from models.dao.audit import AuditDao
from models.dao.runs import RunsDao
from models.dao.seals import SealRow, SealsDao
from models.records.seal_digests import (
    FIRST_LINK,
    Digests,
    ending_digests,
    link_of,
    row_digest,
    seal_hash,
    shown,
    unpacked,
)
from models.statuses import RUN_ENDED
from models.steps import STEP_NAMES


class Breach(StrEnum):
    """What was done to a row, or to the chain."""

    CHANGED = "changed"
    REMOVED = "removed"
    ADDED = "added"
    CHAIN = "chain"


class BrokenSeal(Struct, frozen=True):
    """A row that is not as it was sealed.

    Args:
        breach: What was done.
        text: Which row, in words for people.
        seal: The number of the seal.
        run_id: The run; None for rows that belong to none.
        audit_id: The row of the audit log; None for another one.
    """

    breach: Breach
    text: str
    seal: int
    run_id: str | None = None
    audit_id: int | None = None


class SealCheck(Struct):
    """What was found so far.

    seals, rows: what was looked at; stubs: seals of runs that were pruned; unsealed: rows of the
    audit log that no seal covers yet, as their run goes on or has just ended; waiting: runs that
    have ended and wait for their seal, waiting_since: the oldest of them.
    """

    seals: int = 0
    rows: int = 0
    stubs: int = 0
    unsealed: int = 0
    head: str = ""
    waiting: int = 0
    waiting_since: str | None = None

    @property
    def has_evidence(self) -> bool:
        """Say whether anything was held to a seal, so that something can be said to hold."""
        return self.seals > 0


def check_seals(check: SealCheck, since: str = "", head: str = "") -> Iterator[BrokenSeal]:
    """Yield what does not hold, in the order of the chain.

    Args:
        check: Is filled on the way.
        since: Only what was sealed since then, as it is stored; the seal before it is believed.
        head: The end of the chain as it was noted elsewhere, `NUMBER:LINK`.
    """
    check.waiting, check.waiting_since = SealsDao.waiting()
    before: SealRow | None = None
    newest: dict[str | None, SealRow] = {}
    noted_number, _, noted_link = head.partition(":")
    for seal in SealsDao.all(since):
        is_first = before is None
        if not (is_first and seal.sealed_at < since):
            yield from _of_chain(seal, before)
            yield from _of_rows(seal, newest.get(seal.run_id), check)
            check.seals += 1
        newest[seal.run_id] = before = seal
        check.head = f"{seal.number}:{seal.link}"
        if str(seal.number) == noted_number:
            if seal.link != noted_link:
                yield BrokenSeal(Breach.CHAIN, "The chain is another than was noted.", seal.number)
            noted_number = ""
    if noted_number:
        yield BrokenSeal(Breach.CHAIN, f"Seal {noted_number}, which was noted, is gone.", 0)
    for run_id, seal in newest.items():
        yield from _of_end(run_id, seal, check)
    for run_id in SealsDao.never_sealed() if not since else ():
        yield BrokenSeal(Breach.REMOVED, f"Run {run_id} has ended and has no seal.", 0, run_id)


def _of_chain(seal: SealRow, before: SealRow | None) -> Iterator[BrokenSeal]:
    number = before.number + 1 if before else 1
    if seal.number != number:
        yield BrokenSeal(Breach.CHAIN, f"Seal {number} is gone.", number)
        return
    link = link_of(
        before.link if before else FIRST_LINK, seal.number, seal.run_id, seal.rows, seal.hash
    )
    if link != seal.link:
        yield BrokenSeal(
            Breach.CHAIN, f"Seal {seal.number} does not fit the one before it.", seal.number
        )


def _of_rows(seal: SealRow, own: SealRow | None, check: SealCheck) -> Iterator[BrokenSeal]:
    """Yield what is wrong with the audit rows of a seal."""
    if seal.pruned_at is not None:
        check.stubs += 1
        if seal.run_id is not None and RunsDao.exists(seal.run_id):
            text = f"Run {seal.run_id} is there, and its seal says that it was pruned."
            yield BrokenSeal(Breach.CHAIN, text, seal.number, seal.run_id)
        return
    after_id = own.last_id if own else seal.first_id - bool(seal.rows)
    rows = AuditDao.stored(seal.run_id, after_id, seal.last_id)
    found = {f"a{row[0]}": row_digest(row) for row in rows}
    sealed, ending = _parts(seal)
    check.rows += len(found)
    differences = list(_differences(seal, sealed, found))
    yield from differences
    if not differences and seal_hash(seal.run_id, found | ending) != seal.hash:
        text = f"Seal {seal.number} was changed: its hash is not that of its rows."
        yield BrokenSeal(Breach.CHAIN, text, seal.number, seal.run_id)


def _of_end(run_id: str | None, seal: SealRow, check: SealCheck) -> Iterator[BrokenSeal]:
    """Yield what is wrong with a run as it is now, by its newest seal, and with newer rows."""
    if seal.pruned_at is not None:
        return
    newer = AuditDao.stored(run_id, seal.last_id)
    waits = SealsDao.is_asked_for(run_id)
    if run_id is None:
        waits = True
    elif not RunsDao.exists(run_id):
        text = f"Run {run_id} is gone, and nothing says that it was pruned."
        yield BrokenSeal(Breach.REMOVED, text, seal.number, run_id)
        return
    elif RunsDao.get(run_id).status not in RUN_ENDED:
        waits = True  # it was opened again
    if waits:
        check.unsealed += len(newer)
        return
    for row in newer[:1]:
        text = f"{_row_name(f'a{row[0]}', run_id)} was added after the run was sealed."
        yield BrokenSeal(Breach.ADDED, text, seal.number, run_id, int(row[0]))
    if run_id is not None:
        _, ending = _parts(seal)
        yield from _differences(seal, ending, ending_digests(run_id))


def _parts(seal: SealRow) -> tuple[Digests, Digests]:
    """Return what a seal keeps of audit rows, and of the run and its steps."""
    kept = unpacked(seal.digests)
    audits = {key: digest for key, digest in kept.items() if key[0] == "a"}
    return audits, {key: digest for key, digest in kept.items() if key[0] != "a"}


def _differences(seal: SealRow, sealed: Digests, found: Digests) -> Iterator[BrokenSeal]:
    for key in sorted(sealed.keys() | found.keys(), key=_order):
        if key not in found:
            breach = Breach.REMOVED
        elif key not in sealed:
            breach = Breach.ADDED
        elif shown(key, found[key]) != sealed[key]:
            breach = Breach.CHANGED
        else:
            continue
        audit_id = int(key[1:]) if key[0] == "a" else None
        text = f"{_row_name(key, seal.run_id)} was {breach}."
        yield BrokenSeal(breach, text, seal.number, seal.run_id, audit_id)


def _order(key: str) -> tuple[str, int]:
    return key[0], int(key[1:] or 0)


def _row_name(key: str, run_id: str | None) -> str:
    of_run = f" of run {run_id}" if run_id else ""
    if key[0] == "a":
        return f"Row {key[1:]} of the audit log{of_run}"
    if key[0] == "s":
        number = int(key[1:])
        name = STEP_NAMES[number - 1] if 0 < number <= len(STEP_NAMES) else key[1:]
        return f"The step {name}{of_run}"
    return f"The row{of_run}"
