"""The end of a run, inside the transaction of the step that ends it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from models.audit import Entry, Journal
from models.clock import Clock, seconds_between
from models.dao.run_end import RunBeforeEnd, before_end
from models.dao.runs import RunsDao
from models.dao.seals import SealsDao
from models.dao.steps import ClaimedRow, StepsDao
from models.events import Event
from models.lifecycle.pool import fill_places
from models.network_guard import guard_of
from models.statuses import RunStatus, StepStatus
from models.steps import position_of, step_id_for
from models.text.duration import duration


class RunEnd(Struct, frozen=True):
    """How a run ends, worked out before it is written."""

    finished_at: str
    stats: Mapping[str, Any]
    entry: Entry

    @classmethod
    def of(
        cls,
        run_id: str,
        status: RunStatus,
        seen: RunBeforeEnd,
        clock: Clock,
        error: str | None = None,
    ) -> RunEnd:
        """Return how a run ends with a status, by what was seen of it and its steps."""
        # The wall clock may have gone back, but no run ends before it started or before its steps.
        now = max(clock.now_iso(), seen.started_at or "", seen.last_end or "")
        duration_s = max(0.0, seconds_between(seen.started_at or now, now))
        totals: dict[str, Any] = {"steps": seen.steps, "attempts": seen.attempts}
        stats = totals | {"duration_ms": round(duration_s * 1000, 3)}
        if seen.is_dry:
            stats["outbound_attempts"] = seen.blocked
            stats["network_guard"] = guard_of(run_id)
        event, message = {
            RunStatus.SUCCESS: (
                Event.RUN_FINISHED,
                f"Run finished in {duration(duration_s * 1000)}.",
            ),
            RunStatus.FAILED: (Event.RUN_FAILED, f"Run failed: {error}"),
            RunStatus.CANCELLED: (Event.RUN_CANCELLED, f"Run cancelled: {error}"),
        }[status]
        entry = Entry(
            event=event,
            message=message,
            scope="run",
            run_id=run_id,
            duration_ms=stats["duration_ms"],
            data={key: value for key, value in stats.items() if key != "duration_ms"},
        )
        return cls(now, stats, entry)


def end_run(
    journal: Journal, run_id: str, status: RunStatus, clock: Clock, *, error: str | None = None
) -> bool:
    """End a run as success, failed or cancelled, with its totals; returns whether it had not."""
    seen = before_end(run_id)
    end = RunEnd.of(run_id, status, seen, clock, error)
    if not RunsDao.end(run_id, status, end.finished_at, end.stats, error):
        return False
    journal.add(end.entry)
    SealsDao.ask(run_id, end.finished_at)
    if seen.pool:
        fill_places(journal, seen.pool, clock)
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


__all__ = ["RunEnd", "end_run", "end_run_as_failed", "skip_rest"]
