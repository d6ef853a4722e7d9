"""What a seal is worked out from: hashes over the stored text of rows, in order.

Nothing is decoded or encoded anew, since the same value can be written in several ways: each column
is taken as it stands, with its kind and its length before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any

from models.dao.audit import AuditDao
from models.dao.seals import SealRow, SealsDao

#: Stands in front of everything that is hashed; rows that are read otherwise need another one.
VERSION = b"scout-seal/1"
#: The link before the first one.
FIRST_LINK = "0" * 64
#: Hexadecimal digits of an audit row's hash that a seal keeps, to name the row that was changed.
#: Those of a run and its steps are kept whole: after a resume they cannot be worked out again.
SHOWN = 12
#: Ids and digests of rows: `a17` is row 17 of the audit log, `s3` the third step, `r` the run.
Digests = dict[str, str]


def digests_of(run_id: str | None, after_id: int, up_to: int | None = None) -> Digests:
    """Return the hashes of a run's rows: of the audit log, and of an ended run and its steps.

    Args:
        run_id: The run; None means the audit rows that belong to no run.
        after_id: Only audit rows with a greater id.
        up_to: Only audit rows up to this id; None for all.
    """
    audits = AuditDao.stored(run_id, after_id, up_to)
    found = {f"a{row[0]}": row_digest(row) for row in audits}
    return found | (ending_digests(run_id) if run_id is not None else {})


def ending_digests(run_id: str) -> Digests:
    """Return the hashes of a run and its steps; none of a run that has not ended."""
    run = SealsDao.ended_run(run_id)
    if run is None:
        return {}
    steps = {f"s{row[0]}": row_digest(row) for row in SealsDao.steps_of(run_id)}
    return {"r": row_digest(run)} | steps


def row_digest(row: Iterable[Any]) -> str:
    """Return the hash of a row's columns as they are stored."""
    parts = [VERSION]
    for value in row:
        if value is None:
            parts.append(b"N")
        elif isinstance(value, str):
            text = value.encode("utf-8", "surrogatepass")
            parts.append(b"S%d:" % len(text) + text)
        else:
            parts.append(b"V" + repr(value).encode())
    return sha256(b"\0".join(parts)).hexdigest()


def seal_hash(run_id: str | None, digests: Digests) -> str:
    """Return the hash over all rows of a seal."""
    return row_digest([run_id, *(part for pair in digests.items() for part in pair)])


def link_of(before: str, number: int, run_id: str | None, rows: int, digest: str) -> str:
    """Return what links a seal to the one before it."""
    return row_digest([before, number, run_id, rows, digest])


def packed(digests: Digests) -> str:
    """Return the hashes as a seal keeps them."""
    return " ".join(f"{key}:{shown(key, digest)}" for key, digest in digests.items())


def shown(key: str, digest: str) -> str:
    """Return what a seal keeps of a row's hash."""
    return digest[:SHOWN] if key[0] == "a" else digest


def unpacked(text: str) -> Digests:
    """Return what `packed` made a text of."""
    return dict(_pair(part) for part in text.split())


def audit_ids(digests: Iterable[str]) -> Sequence[int]:
    """Return the ids of the audit rows among the keys of digests."""
    return [int(key[1:]) for key in digests if key[0] == "a"]


def next_seal(run_id: str | None, head: SealRow | None, now: str) -> SealRow | None:
    """Return the seal that comes next in the chain; None where there is nothing new to seal."""
    before = SealsDao.newest_of(run_id)
    last_id = before.last_id if before else 0
    digests = digests_of(run_id, last_id)
    ids = audit_ids(digests)
    kept = packed(digests)
    if not digests or (before is not None and not ids and before.digests.endswith(kept)):
        return None
    number = (head.number if head else 0) + 1
    digest = seal_hash(run_id, digests)
    link = link_of(head.link if head else FIRST_LINK, number, run_id, len(ids), digest)
    first, last = (ids[0], ids[-1]) if ids else (last_id, last_id)
    return SealRow(number, run_id, now, len(ids), first, last, kept, digest, link)


def _pair(text: str) -> tuple[str, str]:
    key, _, digest = text.partition(":")
    return key, digest
