"""Every status that a row can have, and every state that is worked out from rows.

Each is an enumeration of its own, so that the type check tells the status of a run from that of a
repository. A member is the text that stands in the database.
"""

from __future__ import annotations

from enum import StrEnum


class RunStatus(StrEnum):
    """What was last written of a run."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCESS = "success"
    FAILED = "failed"
    CANCELLED = "cancelled"


class StepStatus(StrEnum):
    """What was last written of a step."""

    PENDING = "pending"
    RUNNING = "running"
    SUCCESS = "success"
    FAILED = "failed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


#: A run or a step with one of these is over; only a person opens it again.
RUN_ENDED = frozenset({RunStatus.SUCCESS, RunStatus.FAILED, RunStatus.CANCELLED})
STEP_ENDED = frozenset(
    {StepStatus.SUCCESS, StepStatus.FAILED, StepStatus.SKIPPED, StepStatus.CANCELLED}
)


class State(StrEnum):
    """What is true of a run or a step now, whoever wrote last (`models.views.run_state`).

    A run is never pending or skipped, which are states of steps.
    """

    QUEUED = "queued"
    RUNNING = "running"
    WAITING = "waiting"
    RETRYING = "retrying"
    OVERDUE = "overdue"
    STALLED = "stalled"
    SUCCESS = "success"
    FAILED = "failed"
    CANCELLED = "cancelled"
    PENDING = "pending"
    SKIPPED = "skipped"


#: The states of runs, as `scout runs --status` takes them; the last three are final.
RUN_STATES = tuple(state for state in State if state not in {State.PENDING, State.SKIPPED})


class AttemptOutcome(StrEnum):
    """How an attempt at a step ended; open where no end is on record."""

    OPEN = "open"
    SUCCESS = "success"
    FAILED = "failed"
    RETRYING = "retrying"
    INTERRUPTED = "interrupted"
    POSTPONED = "postponed"


class RepoStatus(StrEnum):
    """How far a repository has been read."""

    FOUND = "found"
    HYDRATED = "hydrated"
    GONE = "gone"
    FAILED = "failed"


class ReadmeStatus(StrEnum):
    """What became of a repository's README."""

    FOUND = "found"
    MISSING = "missing"
    FAILED = "failed"


class AnalysisStatus(StrEnum):
    """What came of asking the model about a repository; only a valid one has scores.

    One that is awaited replaces another run's and was not asked for yet, or never will be where
    the run's limit came first; a failed one was, and the model gave no answer.
    """

    VALID = "valid"
    INVALID = "invalid"
    FAILED = "failed"
    AWAITED = "awaited"


#: An analysis with one of these has no answer, and the next attempt asks for it.
UNANSWERED = frozenset({AnalysisStatus.FAILED, AnalysisStatus.AWAITED})


class VerdictStatus(StrEnum):
    """What became of asking a model about a pair; a failed one is asked about again."""

    VALID = "valid"
    INVALID = "invalid"
    FAILED = "failed"


class BriefStatus(StrEnum):
    """What became of a group of repositories; a shortlisted one has, or will have, a text.

    One that is kept out was proposed before, or decided about; its row's error says which.
    """

    SHORTLISTED = "shortlisted"
    REJECTED_BY_THRESHOLD = "rejected_by_threshold"
    KEPT_OUT = "kept_out"
    INVALID = "invalid"
    FAILED = "failed"


#: Levels of a row of the audit log, from the least.
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


def level_rank(level: str) -> int:
    """Return how grave a level is; one that is not known is graver than all."""
    return LEVELS.index(level) if level in LEVELS else len(LEVELS)


class Mark(StrEnum):
    """What a person says of a proposed group; only one that is for later comes back."""

    SENT = "sent"
    DECLINED = "declined"
    LATER = "later"


class NoticeStatus(StrEnum):
    """What became of telling somebody; unknown where a process died while it did."""

    DUE = "due"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"
