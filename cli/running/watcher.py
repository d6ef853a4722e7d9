"""Following a run from the audit log: the same view embedded, behind a broker, or from afar."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cli.running.screen import Screen
from cli.running.stillness import Stillness, time_left
from cli.running.warning_limit import Flood
from models.clock import Clock, seconds_between, spoken
from models.dao import AuditDao, AuditRow, RunRow, RunsDao, StepRow, StepsDao
from models.dao.fleet import FleetDao
from models.dao.workers import WorkersDao
from models.database.connection import database
from models.errors import ScoutError
from models.events import Event
from models.statuses import StepStatus
from models.text.clean import clean_text
from models.text.sentence import once_ended
from models.views.run_state import (
    HEARTBEAT_TIMEOUT_S,
    counted,
    held_text,
    is_postponed,
    live_workers,
    postponed_text,
)
from models.views.worker_threads import count_threads, view_workers

if TYPE_CHECKING:
    from workers.embedded import EmbeddedWorker

#: Seconds without any sign of a worker after which a person is told.
NOBODY_AFTER_S = 3.0
NOBODY_AGAIN_S = 30.0


class Watcher:
    """Follows one run through its rows.

    Args:
        run_id: The run.
        screen: Where to show it.
        clock: Where the time comes from.
        poll_s: Seconds between looks.
        broker: memory, redis or amqp, to tell whether workers for it are alive.
        pause: Waits so many seconds, or less where there may be something to see before.
    """

    def __init__(
        self,
        run_id: str,
        screen: Screen,
        clock: Clock,
        *,
        poll_s: float,
        broker: str,
        pause: Callable[[float], None] | None = None,
    ) -> None:
        self.run_id = run_id
        self.screen = screen
        self.clock = clock
        self.poll_s = poll_s
        self.broker = broker
        self._pause = pause or time.sleep
        self._flood = Flood(run_id)
        self._last_id = 0
        self._quiet_since_s = clock.monotonic_s()
        self._nobody_said_s: float | None = None
        self._stillness = Stillness()

    def follow(
        self, timeout_s: float | None = None, trouble: Callable[[], ScoutError | None] | None = None
    ) -> bool:
        """Show what happens until the run ends; returns whether it did within the time.

        Args:
            timeout_s: How long to wait; None waits for ever.
            trouble: Says why the process that executes the run cannot go on, if it cannot.

        Raises:
            ScoutError: It cannot.
        """
        self.screen.begin(RunsDao.get(self.run_id))
        resumed = AuditDao.newest(self.run_id, Event.RUN_RESUMED)
        self._last_id = resumed.id if resumed else 0  # what was before a resume has been seen
        started_s = self.clock.monotonic_s()
        while not database().reading(self._look):  # a database that is away ends no watching
            if trouble is not None and (error := trouble()) is not None:
                then = f"then go on with: scout resume {self.run_id}"
                error.hint = once_ended(f"{error.hint.rstrip('.')}; {then}")
                raise error
            if timeout_s is not None and self.clock.monotonic_s() - started_s >= timeout_s:
                return False
            self._pause(self.poll_s)
        return True

    def _look(self) -> bool:
        """Show what is new and return whether the run has ended."""
        run = RunsDao.get(self.run_id)
        self._show_news()
        if run.held_at is not None and not run.ended:
            self._show_held(run)
        elif not run.ended and (self.screen.is_live or self.broker != "memory"):
            self._show_status()
        return run.ended

    def finish_others(self, embedded: EmbeddedWorker) -> None:
        """Wait for runs that recovery took over from processes that died."""
        adopted = embedded.other_runs(self.run_id)
        while adopted:
            self.screen.status(
                f" … also finishing {', '.join(adopted)}, left by a process that died"
            )
            self._pause(self.poll_s)
            adopted = embedded.other_runs(self.run_id)

    def _show_news(self) -> None:
        rows = list(AuditDao.of_run(self.run_id, self._last_id))
        if not rows:
            return
        self._quiet_since_s = self.clock.monotonic_s()
        steps = {step.name: step for step in StepsDao.of_run(self.run_id)}
        for row in rows:
            self._show_event(steps.get(row.scope), row)
        self._last_id = rows[-1].id

    def _show_event(self, step: StepRow | None, row: AuditRow) -> None:
        name, event, level, data = step.name if step else None, row.event, row.level, row.data
        for line in self._flood.ended(name, event):
            self.screen.say(f"   ! {line}", "yellow")
        if event in {Event.STEP_FINISHED, Event.STEP_FAILED} and step is not None:
            self.screen.step(step)
        elif event in {
            Event.STEP_SKIPPED,
            Event.RUN_FAILED,
            Event.RUN_FINISHED,
            Event.RUN_CANCELLED,
        }:
            return  # the last lines of the screen say it
        elif (
            event == Event.STEP_POSTPONED and name and {"reason", "delay_ms", "due_at"} <= set(data)
        ):
            wait_s = data["delay_ms"] / 1000
            self.screen.warn(postponed_text(name, data["reason"], wait_s, data["due_at"]))
        elif event == Event.LLM_FORECAST and level == "INFO":
            self.screen.say(f"   · {clean_text(row.message)}", hang=5)
        elif event == Event.RUN_HELD or (
            level in {"WARNING", "ERROR"} and self._flood.lets_through(level, name, event)
        ):
            self.screen.warn(row.message)

    def _show_held(self, run: RunRow) -> None:
        """Say what a run waits for that has no place in its pool yet: nobody is to take it."""
        self._quiet_since_s = self.clock.monotonic_s()
        self.screen.status(f" … {held_text(run)}")

    def _show_status(self) -> None:
        now_s = self.clock.monotonic_s()
        text = self._occupation(StepsDao.of_run(self.run_id), now_s)
        if text:
            self._quiet_since_s = now_s
            self.screen.status(f" … {text}")
            return
        quiet_s = now_s - self._quiet_since_s
        if self.broker == "memory" or quiet_s < NOBODY_AFTER_S:
            return
        if self._nobody_said_s is None or now_s - self._nobody_said_s >= NOBODY_AGAIN_S:
            self._nobody_said_s = now_s
            self._say_who_is_there(quiet_s)

    def _say_who_is_there(self, quiet_s: float) -> None:
        on_record, now = WorkersDao.all(), self.clock.now_iso()
        alive = live_workers(on_record, now, self.broker)
        if alive:
            # How long a step may run decides which threads are stuck; that is not said here.
            there = view_workers(on_record, FleetDao.held(), now, float("inf"))
            threads = count_threads(there, self.broker)
            text = (
                f"waiting for {spoken(quiet_s)}; {alive} worker process(es) are alive,"
                f" {threads.busy} of {threads.count} threads busy"
            )
            if threads.broker_error:
                text += f", and no messages come to them: {threads.broker_error}"
        else:
            text = (
                f"nobody consumes the queue: no worker for {self.broker} has given a sign of life"
                f" in {HEARTBEAT_TIMEOUT_S:.0f} s · start one with: scout worker"
            )
        self.screen.tell(f"   ! {text}", Event.RUN_WAITING, self.run_id)

    def _occupation(self, steps: list[StepRow], now_s: float) -> str:
        """Return which step is being worked on, or waits for somebody; empty where none is."""
        now = self.clock.now_iso()
        for step in steps:
            if step.status is StepStatus.RUNNING:
                still_s = self._stillness.for_s(step.name, step.progress, now_s)
                share = f"  {_share(step.progress, still_s)}" if step.progress else ""
                return f"{step.name}{share}"
            if is_postponed(step, now) and step.due_at:
                left_s = seconds_between(now, step.due_at)
                return clean_text(
                    postponed_text(step.name, step.error_message or "", left_s, step.due_at), 200
                )
        return ""


def _share(progress: dict[str, Any], still_s: float) -> str:
    """Return how far a step is: `12/50 READMEs  4.1/s  9 s left`, and what it waits for."""
    words = [counted(progress)]
    if progress.get("rate_per_s"):
        words.append(f"{progress['rate_per_s']:.1f}/s")
    if left := time_left(progress, still_s):
        words.append(left)
    if progress.get("waiting"):
        words.append(clean_text(str(progress["waiting"]), 80))
    return "  ".join(words)
