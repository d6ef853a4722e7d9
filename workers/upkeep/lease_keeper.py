"""Keeps what this process holds: renews leases, watches time limits, gives a sign of life.

It runs on a thread of its own, so that work that blocks does not cost a step its lease.
"""

from __future__ import annotations

import logging
import socket
import sys
import traceback
from collections.abc import Callable

from dramatiq.threading import raise_thread_exception

from models.clock import Clock, shared_time, spoken
from models.dao.steps import StepsDao
from models.dao.workers import HeldStep, WorkerRow, WorkersDao, encode_held
from models.database.clock import keep_time
from models.database.connection import database
from models.events import Event
from models.lifecycle import Claim, log_audit
from models.settings.runtime import Settings
from workers.attempts.attempt import Attempt
from workers.attempts.interrupts import StepLostError, StepOverdueError
from workers.attempts.outcome import end_attempt
from workers.attempts.retry_policy import RetryPolicy
from workers.worker_name import worker_name

logger = logging.getLogger(__name__)

HEARTBEAT_INTERVAL_S = 5.0
#: From this difference on, a machine's clock is said to be wrong.
CLOCK_TOLERANCE_S = 1.0
#: How long a thread may take to react to its time limit, or a lease where that is shorter.
REACT_S = 10.0


class Keeper:
    """One tick of the keeper's loop looks after every active attempt.

    Args:
        settings: Lease and time limit.
        active: Returns the attempts of this process.
        threads: How many threads work here, for the sign of life.
        clock: Where the time comes from.
        broker_error: Returns why no messages come to this process, or None where they do.
    """

    def __init__(
        self,
        settings: Settings,
        active: Callable[[], list[Attempt]],
        threads: int,
        clock: Clock | None = None,
        broker_error: Callable[[], str | None] = lambda: None,
    ) -> None:
        self._broker_error = broker_error
        self.settings = settings
        self.active = active
        self.threads = threads
        self.clock = clock or Clock()
        self.interval_s = min(1.0, settings.lease_s / 6)
        self._started_at = self.clock.now_iso()
        self._heartbeat_s = float("-inf")
        self._machine_started_at_s = shared_time.started_at_s
        self._clock_told_s = 0.0

    def tick(self) -> None:
        """Renew what is due, stop what must stop, and give a sign of life."""
        attempts = self.active()
        for attempt in attempts:
            self._watch_time_limit(attempt)
        if self._time_was_set():
            for attempt in attempts:  # those that judge by the new time find new leases
                attempt.renewed_s = float("-inf")
        now_s = self.clock.monotonic_s()
        renew_s = self.settings.lease_s / 3
        held = [one for one in attempts if not one.given_up]
        due = [one for one in held if now_s - one.renewed_s >= renew_s]
        for attempt in due:  # before anything that may have to wait
            self._renew(attempt)
        for attempt in held:
            self._give_up_if_deaf(attempt)
        if now_s - self._heartbeat_s >= HEARTBEAT_INTERVAL_S:
            database().reading(lambda: keep_time(database()))
            self._tell_of_clock()
            self._beat()
            self._heartbeat_s = now_s
        for attempt in held:
            if attempt not in due and not attempt.given_up and not self._holds(attempt.claim):
                self._lose(attempt)

    def _holds(self, claim: Claim) -> bool:
        return database().reading(lambda: StepsDao.holds_now(claim.step_id, claim.attempt))

    def _time_was_set(self) -> bool:
        """Say whether the shared time has made a step since the last tick."""
        before_s, self._machine_started_at_s = (
            self._machine_started_at_s,
            shared_time.started_at_s,
        )
        return abs(self._machine_started_at_s - before_s) > CLOCK_TOLERANCE_S

    def _tell_of_clock(self) -> None:
        """Say that this machine's clock is wrong, at the start and when that changes."""
        ahead_s = shared_time.ahead_s
        if abs(ahead_s - self._clock_told_s) <= CLOCK_TOLERANCE_S:
            return
        self._clock_told_s = ahead_s
        if abs(ahead_s) <= CLOCK_TOLERANCE_S:
            self._clock_told_s = 0.0
            return
        logger.warning(
            "This machine's clock is %s %s the database's, by which Scout works; the times of log"
            " lines are this machine's. Set it with NTP.",
            spoken(abs(ahead_s)),
            "ahead of" if ahead_s > 0 else "behind",
            extra={"event": Event.CLOCK_DIFFERS, "ahead_s": round(ahead_s, 3)},
        )

    def farewell(self) -> None:
        """Take this process out of the list of workers."""
        database().transact(lambda: WorkersDao.remove(worker_name()))

    def _renew(self, attempt: Attempt) -> None:
        expires_at = self.clock.now_iso(self.settings.lease_s)
        claim = attempt.claim
        if database().transact(lambda: StepsDao.renew(claim.step_id, claim.attempt, expires_at)):
            attempt.renewed_s = self.clock.monotonic_s()
        else:
            self._lose(attempt)

    def _lose(self, attempt: Attempt) -> None:
        if attempt not in self.active():
            return  # it has just ended in good order
        attempt.stop = StepLostError(
            f"Attempt {attempt.claim.attempt} lost {attempt.claim.step_id}."
        )

    def _watch_time_limit(self, attempt: Attempt) -> None:
        ran_s = self.clock.monotonic_s() - attempt.claim.started_monotonic_s
        if attempt.overdue_s is not None or ran_s < self.settings.step_time_limit_s:
            return
        attempt.overdue_s = self.clock.monotonic_s()
        limit_s = self.settings.step_time_limit_s
        attempt.stop = StepOverdueError(f"It ran longer than its limit of {limit_s:g} s.")
        frame = sys._current_frames().get(attempt.thread_id)
        stack = "".join(traceback.format_stack(frame)) if frame else "not available"
        claim = attempt.claim
        logger.warning(
            "%s is overdue after %.0f s (limit %g s); it is being interrupted. Its thread:\n%s",
            claim.name,
            ran_s,
            limit_s,
            stack,
            extra={
                "event": Event.STEP_OVERDUE,
                "run_id": claim.run_id,
                "step": claim.name,
                "attempt": claim.attempt,
            },
        )
        with attempt.body_lock:
            if attempt.in_body:
                raise_thread_exception(  # type: ignore[no-untyped-call]
                    attempt.thread_id, StepOverdueError
                )
        log_audit(
            event=Event.STEP_OVERDUE,
            message=f"{claim.name} is overdue after {ran_s:.0f} s (limit {limit_s:g} s).",
            scope=claim.name,
            run_id=claim.run_id,
            step=claim.name,
            attempt=claim.attempt,
            data={"limit_s": limit_s, "stack": stack[-1500:]},
            clock=self.clock,
        )

    def _give_up_if_deaf(self, attempt: Attempt) -> None:
        """Record the end of an attempt whose thread does not react: no interrupt reaches it."""
        if attempt.overdue_s is None:
            return
        deaf_s = self.clock.monotonic_s() - attempt.overdue_s
        if deaf_s < min(REACT_S, self.settings.lease_s):
            return
        limit_s = self.settings.step_time_limit_s
        attempt.stop = StepOverdueError(
            f"It ran longer than its limit of {limit_s:g} s, and its thread did not react to the"
            f" interrupt within {deaf_s:.0f} s: it hangs in native code or in a system call."
        )
        end_attempt(attempt, attempt.stop, policy=RetryPolicy())
        attempt.given_up = True

    def _beat(self) -> None:
        now = self.clock.now_iso()
        name = worker_name()
        row = WorkerRow(
            name,
            socket.gethostname(),
            int(name.split(":")[1]),
            self.settings.broker_kind,
            self.threads,
            self._started_at,
            now,
            encode_held(self._held(attempt) for attempt in self.active()),
            round(shared_time.ahead_s, 3),
            self._broker_error(),
        )
        database().transact(lambda: WorkersDao.beat(row))

    def _held(self, attempt: Attempt) -> HeldStep:
        claim, now_s = attempt.claim, self.clock.monotonic_s()
        return HeldStep(
            claim.run_id,
            claim.name,
            claim.attempt,
            self.clock.now_iso(claim.started_monotonic_s - now_s),
            self.clock.now_iso(attempt.moved_s - now_s),
            isinstance(attempt.stop, (StepOverdueError, StepLostError)),
        )
