"""What a person may do to a run: cancel it, and open it again."""

from __future__ import annotations

from models.audit import Entry, Journal, transition
from models.clock import Clock, seconds_between, spoken
from models.dao.runs import RunsDao
from models.dao.seals import SealsDao
from models.dao.steps import StepsDao
from models.database.connection import database
from models.errors import InputError
from models.events import Event
from models.lifecycle.finish_run import end_run, skip_rest
from models.lifecycle.interrupt import interrupt
from models.lifecycle.pool import take_place
from models.lifecycle.run_deadline import is_past
from models.run_args import RunArgs
from models.statuses import RunStatus, StepStatus
from models.steps import step_id_for


def cancel_run(run_id: str, *, who: str, reason: str, clock: Clock | None = None) -> bool:
    """Cancel a run that has not ended; returns whether this call did it.

    The attempt that is running loses its step in the same commit, so it writes nothing more.
    """
    clock = clock or Clock()

    def work(journal: Journal) -> bool:
        run = RunsDao.get(run_id)
        if run.ended:
            return False
        skip_rest(journal, run_id, StepStatus.CANCELLED, f"cancelled by {who}: {reason}", clock)
        return end_run(journal, run_id, RunStatus.CANCELLED, clock, error=f"by {who}: {reason}")

    return transition(work, clock)


def resume_run(
    run_id: str, *, who: str, broker: str | None = None, clock: Clock | None = None
) -> str:
    """Open a run again at its first unfinished step and return that step's name.

    Stored results are kept; counters of tries and interruptions start anew, attempts go on.

    Raises:
        InputError: The run succeeded, or a step of it is being worked on now.
    """
    clock = clock or Clock()

    def work(journal: Journal) -> str:
        now = clock.now_iso()
        before = RunsDao.get(run_id)
        steps = StepsDao.of_run(run_id, lock=True)
        unfinished = [
            step for step in steps if step.status is not StepStatus.SUCCESS and step.is_planned
        ]
        if not unfinished:
            raise InputError(f"Run {run_id} has finished.", f"Run it anew: scout rerun {run_id}")
        active = [
            step
            for step in steps
            if step.status is StepStatus.RUNNING and (step.lease_expires_at or "") >= now
        ]
        if active:
            left_s = seconds_between(now, active[0].lease_expires_at or now)
            raise InputError(
                f"{active[0].name} is running on {active[0].worker}; there is nothing to resume.",
                f"Watch it: scout logs {run_id} --follow. If that process is dead, its lease runs"
                f" out in {spoken(left_s)}; resume the run then.",
            )
        RunArgs.of_known(before.args)
        _close_dead_attempts(journal, run_id, clock)
        RunsDao.reopen(run_id)
        is_late = is_past(before.deadline_at, clock)
        if is_late:
            RunsDao.lift_deadline(run_id)
        _set_broker(run_id, broker or before.broker)
        for step in unfinished:
            _reopen_step(run_id, step.position, now if step is unfinished[0] else None)
        first = unfinished[0]
        reused = [step.name for step in steps if step.status is StepStatus.SUCCESS]
        journal.add(
            Entry(
                event=Event.RUN_RESUMED,
                message=(
                    f"Run resumed by {who} at {first.name}; "
                    f"{len(reused)} finished steps are reused. It was {before.status}."
                    + (" Its deadline, which has passed, is lifted." if is_late else "")
                ),
                scope="run",
                run_id=run_id,
                data={"who": who, "step": first.name, "reused": reused, "was": before.status.value}
                | ({"lifted_deadline": before.deadline_at} if is_late else {}),
            )
        )
        SealsDao.ask(run_id, now)
        if before.pool:
            take_place(journal, run_id, before.pool, clock)
        return first.name

    return transition(work, clock)


def _close_dead_attempts(journal: Journal, run_id: str, clock: Clock) -> None:
    """Close what no living worker holds: every attempt that started has an end in its history."""
    for row in StepsDao.running_where("s.run_id = ?", (run_id,)):
        interrupt(journal, row, clock, "its lease expired before the run was resumed", counts=False)


def _reopen_step(run_id: str, position: int, due_at: str | None) -> None:
    sql = (
        "UPDATE run_steps SET status = 'pending', due_at = ?, enqueued_at = ?, tries = 0,"
        " interruptions = 0, started_at = NULL, finished_at = NULL, lease_expires_at = NULL,"
        " stats_json = NULL, error_type = NULL, error_message = NULL, error_code = NULL"
        " WHERE step_id = ?"
    )
    database().execute(sql, (due_at, due_at, step_id_for(run_id, position)))


def _set_broker(run_id: str, broker: str) -> None:
    database().execute("UPDATE runs SET broker = ? WHERE run_id = ?", (broker, run_id))
