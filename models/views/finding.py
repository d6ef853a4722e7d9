"""What can be wrong with a fleet, by a code, and one such thing with its evidence."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from msgspec import Struct, field


class HealthCode(StrEnum):
    """What can be wrong; a code never changes its meaning."""

    DATABASE_UNAVAILABLE = "database_unavailable"
    DATABASE_UNWRITABLE = "database_unwritable"
    DATABASE_NEARLY_FULL = "database_nearly_full"
    BROKER_UNREACHABLE = "broker_unreachable"
    BROKER_REFUSES = "broker_refuses"
    NO_WORKER = "no_worker"
    DUE_TOO_OLD = "due_too_old"
    RUNS_STALLED = "runs_stalled"
    WORKER_STUCK = "worker_stuck"
    WORKER_CUT_OFF = "worker_cut_off"
    MESSAGES_UNREAD = "messages_unread"
    MESSAGES_MISSING = "messages_missing"
    CLOCKS_DIFFER = "clocks_differ"
    THREADS_STUCK = "threads_stuck"
    RUNS_FAILED = "runs_failed"
    ATTEMPTS_CUT_OFF = "attempts_cut_off"
    MIGRATIONS_PENDING = "migrations_pending"


#: Without these nothing works, whoever is there to work.
DEPENDENCIES = frozenset(
    {
        HealthCode.DATABASE_UNAVAILABLE,
        HealthCode.DATABASE_UNWRITABLE,
        HealthCode.DATABASE_NEARLY_FULL,
        HealthCode.BROKER_UNREACHABLE,
        HealthCode.BROKER_REFUSES,
    }
)


class Finding(Struct, frozen=True):
    """One thing that is not as it should be.

    Args:
        code: What it is.
        text: A sentence that says so, with its evidence.
        hint: What to do.
        data: The numbers and names of the sentence.
    """

    code: HealthCode
    text: str
    hint: str
    data: dict[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the finding as JSON-like data."""
        return {"code": self.code, "text": self.text, "hint": self.hint, "data": self.data}
