"""The end of a step and the claim of the next one, in one transaction.

Whoever ends a step goes on with the run (docs/decisions.md, decision 17), so nothing has to be
sent, found and claimed between two steps. A process that dies after the commit leaves a step that
runs, with a lease: what becomes of it is what becomes of any other.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.audit import Journal, Prepared, prepare, transition, transition_in_one
from models.clock import Clock
from models.dao import step_statements
from models.dao.run_end import before_end
from models.dao.steps import StepsDao, encode_stats
from models.database.connection import database
from models.errors import LeaseLostError
from models.lifecycle.claim import Claim, started
from models.lifecycle.finish import GiveUp, Success
from models.lifecycle.finish_run import RunEnd, end_run
from models.lifecycle.run_deadline import fail_late_run, is_past
from models.statuses import RunStatus, StepStatus
from models.steps import STEP_NAMES


def finish_and_go_on(
    claim: Claim,
    stats: Mapping[str, Any],
    *,
    lease_s: float,
    clock: Clock | None = None,
    give_up: GiveUp | None = None,
) -> Claim | None:
    """End an attempt as success and claim the run's next step for the same worker.

    Args:
        claim: The attempt.
        stats: What the step counted.
        lease_s: How long the next step is held without renewing.
        clock: Where the time comes from.
        give_up: Ends waiting for the database early.

    Returns:
        The claim of the next step; None where the run has ended with this one.

    Raises:
        LeaseLostError: The attempt no longer holds its step; nothing was written.
        DatabaseUnavailableError: The database stayed locked or away.
    """
    clock = clock or Clock()
    finished_at, duration_ms = claim.elapsed(clock)
    ending = Success.of(claim.held(), stats, finished_at, duration_ms, clock)
    is_last = claim.row.position == len(STEP_NAMES)
    is_late = not is_last and is_past(claim.row.deadline_at, clock)
    likely = None if is_last or is_late else claim.successor(clock)
    entry = started(likely) if likely else None
    if (
        likely
        and entry
        and database().in_one_statement
        and _in_one_statement(ending, likely, entry, lease_s, give_up)
    ):
        return likely
    if is_last and database().in_one_statement and _end_run(ending, give_up):
        return None

    def work(journal: Journal) -> Claim | None:
        ending.write_end(journal)
        if is_late and fail_late_run(journal, claim.run_id, clock):
            return None
        expires_at = clock.now_iso(lease_s)
        if likely and entry and _take(likely, expires_at):
            journal.add(entry)
            return likely
        taken = None if is_last else _take_other(journal, claim, clock, expires_at)
        if taken is None:
            end_run(journal, claim.run_id, RunStatus.SUCCESS, clock)
        return taken

    return transition(work, clock, give_up=give_up)


def _in_one_statement(
    ending: Success, following: Claim, entry: Prepared, lease_s: float, give_up: GiveUp | None
) -> bool:
    """Make the transition in one statement; returns False where it takes a closer look."""

    def statement() -> bool:
        return step_statements.finish_and_take(
            ending.row,
            ending.stats_json,
            ending.finished_at,
            following.row,
            following.worker,
            following.started_at,
            ending.clock.now_iso(lease_s),
            (ending.finished.row, entry.row),
        )

    return transition_in_one(
        statement,
        (ending.finished, entry),
        stands=lambda: following.stands_in(StepsDao.for_claim(following.run_id, following.name)),
        give_up=give_up,
    )


def _end_run(ending: Success, give_up: GiveUp | None) -> bool:
    """End the last step and its run in one statement; returns False where it takes a closer look.

    While a step is held nobody changes the others, nor what is counted of their run.
    """
    row, clock = ending.row, ending.clock
    seen = database().reading(lambda: before_end(row.run_id), give_up=give_up)
    if seen.pool:
        return False  # others may have waited for this end
    seen = seen.after(ending.finished_at)
    end = RunEnd.of(row.run_id, RunStatus.SUCCESS, seen, clock)
    entry, stats_json = prepare(end.entry, clock.now_iso()), encode_stats(end.stats)

    def statement() -> bool:
        return step_statements.finish_run(
            row,
            ending.stats_json,
            ending.finished_at,
            stats_json,
            end.finished_at,
            (ending.finished.row, entry.row),
        )

    def stands() -> bool:
        now = StepsDao.for_claim(row.run_id, row.name)
        return now is not None and (now.status, now.attempt, now.run_status) == (
            StepStatus.SUCCESS,
            row.attempt,
            RunStatus.SUCCESS,
        )

    return transition_in_one(statement, (ending.finished, entry), stands=stands, give_up=give_up)


def _take(claim: Claim, expires_at: str) -> bool:
    return StepsDao.take_next(claim.row, claim.worker, claim.started_at, expires_at)


def _take_other(journal: Journal, claim: Claim, clock: Clock, expires_at: str) -> Claim | None:
    """Take the next step where it is not the one right after, or was started before."""
    name = StepsDao.next_pending(claim.run_id, claim.row.position)
    row = StepsDao.for_claim(claim.run_id, name) if name else None
    if row is None:
        return None
    other = Claim(row, row.attempt + 1, claim.worker, clock.now_iso(), clock.monotonic_s())
    if not _take(other, expires_at):
        raise LeaseLostError(f"{row.name} changed while attempt {claim.attempt} ended.")
    journal.add(started(other))
    return other
