"""The end of a run, inside the transaction of the step that ends it."""

from __future__ import annotations

from typing import Any

from models.audit import Entry, Journal
from models.clock import Clock, seconds_between
from models.dao.audit import AuditDao
from models.dao.runs import RunsDao
from models.dao.seals import SealsDao
from models.dao.steps import ClaimedRow, StepsDao
from models.events import Event
from models.lifecycle.pool import fill_places
from models.network_guard import guard_of
from models.statuses import RunStatus, StepStatus
from models.steps import position_of, step_id_for
from models.text.duration import duration


def end_run(
    journal: Journal, run_id: str, status: RunStatus, clock: Clock, *, error: str | None = None
) -> bool:
    """End a run as success, failed or cancelled, with its totals; returns whether it had not."""
    run = RunsDao.get(run_id)
    # The wall clock may have gone back, but no run ends before it started or before its steps.
    totals, last_end = StepsDao.totals(run_id)
    now = max(clock.now_iso(), run.started_at or "", last_end or "")
    duration_s = max(0.0, seconds_between(run.started_at or now, now))
    stats: dict[str, Any] = totals | {"duration_ms": round(duration_s * 1000, 3)}
    if run.args.get("dry"):
        stats["outbound_attempts"] = AuditDao.count(run_id, Event.NETWORK_BLOCKED)
        stats["network_guard"] = guard_of(run_id)
    if not RunsDao.end(run_id, status, now, stats, error):
        return False
    event = {
        RunStatus.SUCCESS: Event.RUN_FINISHED,
        RunStatus.FAILED: Event.RUN_FAILED,
        RunStatus.CANCELLED: Event.RUN_CANCELLED,
    }
    words = {
        RunStatus.SUCCESS: f"Run finished in {duration(duration_s * 1000)}.",
        RunStatus.FAILED: f"Run failed: {error}",
        RunStatus.CANCELLED: f"Run cancelled: {error}",
    }
    journal.add(
        Entry(
            event=event[status],
            message=words[status],
            scope="run",
            run_id=run_id,
            duration_ms=stats["duration_ms"],
            data={key: value for key, value in stats.items() if key != "duration_ms"},
        )
    )
    SealsDao.ask(run_id, now)
    if run.pool:
        fill_places(journal, run.pool.name, clock)
    return True


def end_run_as_failed(journal: Journal, row: ClaimedRow, clock: Clock, error: str) -> None:
    """Skip what comes after a failed step, and end its run as failed."""
    reason = f"{row.name} failed"
    skip_rest(journal, row.run_id, StepStatus.SKIPPED, reason, clock)
    end_run(journal, row.run_id, RunStatus.FAILED, clock, error=error)


def skip_rest(journal: Journal, run_id: str, status: StepStatus, reason: str, clock: Clock) -> None:
    """End every unfinished step of a run as skipped or cancelled, each with its audit row."""
    event = Event.STEP_SKIPPED if status is StepStatus.SKIPPED else Event.STEP_CANCELLED
    for name in StepsDao.end_unfinished(run_id, status, reason, clock.now_iso()):
        journal.add(
            Entry(
                event=event,
                message=f"{name} was {status}: {reason}.",
                scope=name,
                level="WARNING",
                run_id=run_id,
                step_id=step_id_for(run_id, position_of(name)),
                data={"reason": reason},
            )
        )


__all__ = ["end_run", "end_run_as_failed", "skip_rest"]
