"""The history of attempts, read from the audit log, where it is only ever added to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from models.attempt_name import attempt_name
from models.codes import Code, stored_code
from models.dao.audit import AuditRow
from models.events import Event
from models.statuses import AttemptOutcome

#: How an attempt ended, by the event that says so.
ENDINGS: Mapping[str, AttemptOutcome] = {
    Event.STEP_FINISHED: AttemptOutcome.SUCCESS,
    Event.STEP_FAILED: AttemptOutcome.FAILED,
    Event.STEP_RETRYING: AttemptOutcome.RETRYING,
    Event.STEP_INTERRUPTED: AttemptOutcome.INTERRUPTED,
    Event.STEP_POSTPONED: AttemptOutcome.POSTPONED,
}
#: The events that the history is read from; rows of others tell nothing of it.
ATTEMPT_EVENTS = (Event.STEP_STARTED, *ENDINGS)


class AttemptRecord(Struct, frozen=True):
    """One try at a step.

    outcome: success | failed | retrying | interrupted | postponed, or open where no end is on
    record: it is running, was cancelled, or its worker died.
    """

    run_id: str | None
    step: str
    attempt: int
    worker: str | None
    started_at: str
    ended_at: str | None = None
    outcome: AttemptOutcome = AttemptOutcome.OPEN
    duration_ms: float | None = None
    reason: str | None = None
    data: dict[str, Any] | None = None

    @property
    def error_code(self) -> Code | None:
        """Return what kind of failure ended it, or None where none did."""
        data = self.data or {}
        return stored_code(_text(data.get("error_code")), _text(data.get("error_type")))

    @property
    def traceback(self) -> str | None:
        """Return where the error came from that ended it, if nobody foresaw it."""
        return _text((self.data or {}).get("traceback"))

    @property
    def said(self) -> str:
        """Return the reason that the other side gave for its end; empty where it gave none."""
        return _text((self.data or {}).get("said")) or ""

    @property
    def name(self) -> str:
        """Return what it is called within its run, such as `init_run#2`."""
        return attempt_name(self.step, self.attempt)

    def to_dict(self) -> dict[str, Any]:
        """Return the attempt as JSON-like data."""
        return {
            "name": attempt_name(self.step, self.attempt, self.run_id),
            "step": self.step,
            "attempt": self.attempt,
            "worker": self.worker,
            "started_at": self.started_at,
            "ended_at": self.ended_at,
            "outcome": self.outcome,
            "duration_ms": self.duration_ms,
            "reason": self.reason,
            "error_code": self.error_code,
            "traceback": self.traceback,
        }


def attempts_of(rows: Iterable[AuditRow]) -> list[AttemptRecord]:
    """Return the attempts that audit rows tell of, in the order in which they started."""
    found: dict[tuple[str, int], AttemptRecord] = {}
    for row in rows:
        if row.step is None or row.attempt is None:
            continue
        key = (row.step, row.attempt)
        if row.event == Event.STEP_STARTED:
            found[key] = AttemptRecord(
                row.run_id, row.step, row.attempt, row.data.get("worker"), row.ts
            )
        elif row.event in ENDINGS and key in found:
            found[key] = _ended(found[key], row)
    return list(found.values())


def _ended(attempt: AttemptRecord, row: AuditRow) -> AttemptRecord:
    """Return an attempt with its end; a crash loop's failure keeps how the attempt itself ended."""
    if attempt.outcome is not AttemptOutcome.OPEN:
        return attempt
    duration_ms = row.data.get("duration_ms")
    return replace(
        attempt,
        ended_at=row.ts,
        outcome=ENDINGS[row.event],
        duration_ms=duration_ms if isinstance(duration_ms, (int, float)) else None,
        reason=None if row.event == Event.STEP_FINISHED else row.message,
        data=row.data,
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def next_try(attempts: Iterable[AttemptRecord], step: str) -> dict[str, Any] | None:
    """Return the data of a step's newest retry: `try`, `of`, `next_try_at`, `error_type`."""
    retries = [
        one.data for one in attempts if one.step == step and one.outcome is AttemptOutcome.RETRYING
    ]
    return retries[-1] if retries else None
