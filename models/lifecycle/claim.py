"""Claiming a step before any work is done (docs/decisions.md, decision 3)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import lru_cache
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from models.audit import (
    Entry,
    Journal,
    Prepared,
    prepare,
    prepare_like,
    transition,
    transition_in_one,
)
from models.clock import Clock, from_iso, seconds_between, to_iso
from models.dao import step_statements
from models.dao.runs import RunsDao
from models.dao.seals import SealsDao
from models.dao.steps import ClaimedRow, StepsDao
from models.database.connection import database
from models.errors import InputError
from models.events import Event
from models.lifecycle.crash_count import runs_alone
from models.lifecycle.interrupt import interrupt, neighbours_of
from models.lifecycle.run_deadline import fail_late_run, is_past
from models.redaction import Redactor, default_redactor
from models.run_args import unknown_arguments
from models.statuses import RUN_ENDED, STEP_ENDED, RunStatus, StepStatus
from models.steps import STEP_NAMES, step_id_for
from models.text.canonical_json import loads

#: A message may come this much before its step is due: clocks of machines differ.
EARLY_S = 1.0


class Claim(Struct, frozen=True):
    """One attempt at a step that this worker holds until its lease runs out.

    `started_monotonic_s` is this process's monotonic clock at `started_at`, so that durations
    stay right when the wall clock is set.
    """

    row: ClaimedRow
    attempt: int
    worker: str
    started_at: str
    started_monotonic_s: float

    @property
    def run_id(self) -> str:
        """Return the run's id."""
        return self.row.run_id

    @property
    def step_id(self) -> str:
        """Return the step's id."""
        return self.row.step_id

    @property
    def name(self) -> str:
        """Return the step's canonical name."""
        return self.row.name

    @property
    def args(self) -> dict[str, Any]:
        """Return the run's arguments by name."""
        return dict(loads(self.row.args_json))

    def held(self) -> ClaimedRow:
        """Return the step's row as it is while this attempt holds it."""
        return replace(
            self.row,
            status=StepStatus.RUNNING,
            attempt=self.attempt,
            lease_expires_at=None,
            worker=self.worker,
            started_at=self.started_at,
        )

    def stands_in(self, row: ClaimedRow | None) -> bool:
        """Say whether a row of its step, as it is now, has this claim and no other."""
        return (
            row is not None
            and row.status is StepStatus.RUNNING
            and (row.attempt, row.worker, row.started_at)
            == (self.attempt, self.worker, self.started_at)
        )

    def successor(self, clock: Clock) -> Claim:
        """Return the same worker's claim of the step right after, as if nobody ever started it."""
        position = self.row.position + 1
        row = replace(
            self.row,
            step_id=step_id_for(self.run_id, position),
            name=STEP_NAMES[position - 1],
            position=position,
            status=StepStatus.PENDING,
            attempt=0,
            tries=0,
            interruptions=0,
            due_at=None,
            lease_expires_at=None,
            worker=None,
            started_at=None,
            run_status=RunStatus.RUNNING,
        )
        return Claim(row, 1, self.worker, clock.now_iso(), clock.monotonic_s())

    def elapsed(self, clock: Clock) -> tuple[str, float]:
        """Return when the attempt ended, if it ends now, and its duration in milliseconds."""
        elapsed_s = max(0.0, clock.monotonic_s() - self.started_monotonic_s)
        finished = from_iso(self.started_at) + timedelta(seconds=elapsed_s)
        return to_iso(finished), round(elapsed_s * 1000, 3)


class Refusal(Struct, frozen=True):
    """Why a step was not claimed, in words for people.

    Args:
        reason: The words.
        is_foreign: Whether this database knows nothing of the step, so that another one may.
        is_of_newer: Whether a newer Scout made the run, and a worker of its version must take it.
        due_in_s: How much too early the message came, where nothing else is wrong with it.
        is_for_alone: Whether it may be claimed by a process that does nothing else.
        attempts: How often it was begun, where it is for such a process.
    """

    reason: str
    is_foreign: bool = False
    is_of_newer: bool = False
    due_in_s: float = 0.0
    is_for_alone: bool = False
    attempts: int = 0


_TOO_LATE = "the run's deadline has passed"
_FOR_ALONE = "it was interrupted twice and runs alone"


def claim_step(
    run_id: str,
    name: str,
    *,
    worker: str,
    lease_s: float,
    in_company: bool = False,
    clock: Clock | None = None,
    give_up: Callable[[], bool] | None = None,
) -> Claim | Refusal:
    """Take a due step for this worker, or say why not; a refusal is audited.

    An attempt whose lease has run out is closed as interrupted first.

    Args:
        run_id: The run.
        name: The step.
        worker: Who takes it.
        lease_s: How long it is held without renewing.
        in_company: Whether the process does other steps beside it: one that was interrupted too
            often for that is refused, without a row.
        clock: Where the time comes from.
        give_up: Ends waiting for the database early.

    Raises:
        DatabaseUnavailableError: The database stayed locked or away.
    """
    clock = clock or Clock()
    seen = database().reading(lambda: StepsDao.for_claim(run_id, name), give_up=give_up)
    if seen is not None and _why_not(seen, clock) is None:
        if (refusal := _for_others(seen, in_company)) is not None:
            return refusal
        claim = Claim(seen, seen.attempt + 1, worker, clock.now_iso(), clock.monotonic_s())
        if _take(claim, lease_s, clock, give_up):
            return claim
    # Someone was faster, the lease ran out, or there is nothing to claim: look under the lock.

    def work(journal: Journal) -> Claim | Refusal:
        row = StepsDao.for_claim(run_id, name)
        if row is None:
            # Nothing of a stranger's is recorded.
            return Refusal("no such step in the database", is_foreign=True)
        now = clock.now_iso()
        if row.status is StepStatus.RUNNING and row.lease_expires_at and row.lease_expires_at < now:
            why = f"its lease expired {_ago(row, now)} ago"
            interrupt(journal, row, clock, why, neighbours=neighbours_of(row))
            row = StepsDao.for_claim(run_id, name) or row
        reason = _why_not(row, clock)
        if reason is not None:
            return _refuse(journal, run_id, name, row, reason)
        if (refusal := _for_others(row, in_company)) is not None:
            return refusal
        claim = Claim(row, row.attempt + 1, worker, now, clock.monotonic_s())
        if not _write_claim(journal, claim, lease_s, started(claim)):
            return _refuse(journal, run_id, name, row, "another worker was faster")
        return claim

    return transition(work, clock, give_up=give_up)


def start_step(
    run_id: str,
    name: str,
    *,
    worker: str = "local",
    lease_s: float = 15.0,
    clock: Clock | None = None,
) -> str:
    """Start a due step and return its id.

    Raises:
        InputError: The step cannot start now; the message says why.
    """
    outcome = claim_step(run_id, name, worker=worker, lease_s=lease_s, clock=clock)
    if isinstance(outcome, Refusal):
        raise InputError(
            f"Step {name} of run {run_id} cannot start: {outcome.reason}.", "See: scout show"
        )
    return outcome.step_id


def _take(claim: Claim, lease_s: float, clock: Clock, give_up: Callable[[], bool] | None) -> bool:
    """Claim what a plain read saw; everything is prepared before the write lock is taken."""
    entry = started(claim)
    if database().in_one_statement:
        return transition_in_one(
            lambda: step_statements.claim(
                claim.row, claim.worker, claim.started_at, clock.now_iso(lease_s), entry.row
            ),
            (entry,),
            stands=lambda: claim.stands_in(StepsDao.for_claim(claim.run_id, claim.name)),
            give_up=give_up,
        )
    return transition(
        lambda journal: _write_claim(journal, claim, lease_s, entry), clock, give_up=give_up
    )


def _write_claim(journal: Journal, claim: Claim, lease_s: float, entry: Prepared) -> bool:
    expires_at = journal.clock.now_iso(lease_s)
    if not StepsDao.claim(claim.row, claim.worker, claim.started_at, expires_at):
        return False
    if claim.row.run_status is RunStatus.QUEUED:
        RunsDao.mark_running(claim.run_id, claim.started_at)
    journal.add(entry)
    return True


def started(claim: Claim) -> Prepared:
    """Return what the audit log says about a claim, prepared before the write lock is taken."""
    one = _started(default_redactor(), claim.name, claim.attempt, claim.worker)
    return prepare_like(one, claim.started_at, claim.run_id, claim.step_id)


@lru_cache(maxsize=256)
def _started(_redactor: Redactor, name: str, attempt: int, worker: str) -> Prepared:
    """Return what every run says where a worker begins a step; it is redacted once."""
    entry = Entry(
        event=Event.STEP_STARTED,
        message=f"{name} started, attempt {attempt}.",
        scope=name,
        run_id="",
        step_id="",
        attempt=attempt,
        data={"worker": worker},
    )
    return prepare(entry, "")


def _why_not(row: ClaimedRow, clock: Clock) -> str | None:
    if row.run_status in RUN_ENDED:
        return f"the run is {row.run_status}"
    if row.status in STEP_ENDED:
        return f"the step is already {row.status}"
    if row.status is StepStatus.RUNNING:
        return f"attempt {row.attempt} is running on {row.worker}"
    if row.due_at is None:
        return "the step before it has not finished"
    if row.due_at > clock.now_iso(EARLY_S):
        return f"it is not due before {row.due_at}"
    return _TOO_LATE if is_past(row.deadline_at, clock) else None


def _for_others(row: ClaimedRow, in_company: bool) -> Refusal | None:
    """Return why a step that is due is left to another process, without a row."""
    if unknown := unknown_arguments(loads(row.args_json)):  # not to be ignored
        reason = f"a newer Scout made the run: this one does not know {', '.join(unknown)}"
        return Refusal(reason, is_of_newer=True)
    if in_company and runs_alone(row.interruptions):
        return Refusal(_FOR_ALONE, is_for_alone=True, attempts=row.attempt)
    return None


def _refuse(journal: Journal, run_id: str, name: str, row: ClaimedRow, reason: str) -> Refusal:
    if reason == _TOO_LATE:
        fail_late_run(journal, run_id, journal.clock)
        return Refusal(reason)
    journal.add(
        Entry(
            event=Event.STEP_DUPLICATE_DELIVERY,
            message=f"A message for {name} was ignored: {reason}.",
            scope=name,
            run_id=run_id,
            step_id=row.step_id,
            data={"reason": reason},
        )
    )
    if row.run_status in RUN_ENDED:
        SealsDao.ask(run_id, journal.clock.now_iso())
    return Refusal(reason, due_in_s=_due_in_s(row, journal.clock))


def _due_in_s(row: ClaimedRow, clock: Clock) -> float:
    if row.run_status in RUN_ENDED or row.status is not StepStatus.PENDING or row.due_at is None:
        return 0.0
    return max(0.0, seconds_between(clock.now_iso(), row.due_at))


def _ago(row: ClaimedRow, now: str) -> str:
    return f"{max(0.0, seconds_between(row.lease_expires_at or now, now)):.0f} s"
