"""Records every step around its actor: claim before the work, ending after it, then what is next.

A thread that has ended a step goes on with the run: the end and the next claim are one commit, and
the next actor is called between the same hooks, before the message that began it is acknowledged.
So the hooks of two steps never overlap, and a broker that is away does not stop a run that has
begun. A message is sent where the thread lets go of the run, or `SCOUT_HANDOFF=broker` says so.

What Dramatiq does with failing hooks decides the shape: a failing before-hook must raise a
`MiddlewareError`, or the actor would run unrecorded (docs/decisions.md, trap 1); a failing
after-hook is swallowed and the message acknowledged (docs/decisions.md, trap 2), so endings wait
for the database here, and what still goes wrong is found by recovery from the rows.
"""

from __future__ import annotations

import logging
import threading
from contextlib import ExitStack
from typing import Any, Protocol

import dramatiq
from dramatiq.middleware import Middleware, MiddlewareError, SkipMessage

from models.clock import Clock
from models.codes import Code
from models.database.connection import database
from models.error_codes import code_of
from models.errors import DatabaseUnavailableError, OutOfSpaceError, ScoutError
from models.events import Event
from models.lifecycle import Claim, Refusal, claim_step
from models.log_context import bound_work
from models.settings.runtime import Settings
from models.text.clean import clean_text
from workers.attempts.attempt import Attempt, bound_attempt
from workers.attempts.interrupts import WorkerStoppingError
from workers.attempts.outcome import Due as DueStep
from workers.attempts.outcome import end_attempt
from workers.attempts.retry_policy import RetryPolicy, is_transient
from workers.enqueue import Sender, send_step
from workers.message_format import run_id_of
from workers.middleware.actor_call import call_actor
from workers.middleware.fair_share import FairShare
from workers.middleware.foreign_message import tell_of_foreign_message, tell_of_newer_run
from workers.middleware.left_message import LeftMessage
from workers.middleware.lone_start import has_turn_to_ask
from workers.middleware.urgency import Due, Urgency
from workers.worker_name import worker_name

logger = logging.getLogger(__name__)


class StepNotRecordedError(MiddlewareError):
    """A step's start could not be written, so its actor must not run."""


class Parent(Protocol):
    """Who started this process, and starts others."""

    def worked(self) -> None:
        """Note that this process has brought a step to its end."""

    def run_alone(self, run_id: str, step: str) -> None:
        """Start a process in which a step runs alone."""


class _Thread(threading.local):
    """What one worker thread has in hand."""

    def __init__(self) -> None:
        self.bound = ExitStack()
        #: The attempt whose actor is being called.
        self.attempt: Attempt | None = None
        #: The attempt at the next step, claimed with the end of the last one and not begun yet.
        self.next: Attempt | None = None
        #: The step of the message in hand, where others go first.
        self.put_off: Due | None = None


class StepMiddleware(Middleware):
    """Claims, starts and finishes steps, and hands on to the next one.

    Args:
        settings: Lease and database waits.
        clock: Where the time comes from.
        policy: Which failures are tried again.
        send: Sends the message for a step that has become due.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock | None = None,
        policy: RetryPolicy | None = None,
        send: Sender = send_step,
    ) -> None:
        self.settings = settings
        self.clock = clock or Clock()
        self.policy = policy or RetryPolicy(asked=settings.retries)
        self.send = send
        self.stopping = threading.Event()
        #: Set where the process takes no more work but ends what it has in hand.
        self.retiring = threading.Event()
        #: Who runs a step alone that was interrupted too often; without one, this process does.
        self.parent: Parent | None = None
        #: Why this process cannot record what it does, if it cannot.
        self.trouble: ScoutError | None = None
        #: In the order in which they began. A step may be here twice: a thread that does not react
        #: to the loss of its step goes on beside the attempt that another thread of ours makes.
        self._active: dict[Attempt, None] = {}
        self._lock = threading.Lock()
        #: Why this process stops without having been asked, and how many steps it had then.
        self._suspected: tuple[str, int] | None = None
        self._thread = _Thread()
        self._urgency = Urgency(settings.broker_kind)
        self._share = FairShare(settings.broker_kind, self._urgency)

    @property
    def actor_options(self) -> set[str]:
        """Return the options that actors may set: `throws`, which Dramatiq logs without alarm."""
        return {"throws"}

    def active(self) -> list[Attempt]:
        """Return the attempts that this process is working on now."""
        with self._lock:
            return list(self._active)

    def deaf(self) -> list[Attempt]:
        """Return the attempts whose threads do not react to their time limit."""
        return [attempt for attempt in self.active() if attempt.given_up]

    def only_deaf_left(self) -> bool:
        """Say whether nothing is in hand any more that could end in good order."""
        return all(attempt.given_up for attempt in self.active())

    def stop_soon(self) -> None:
        """Ask the attempts in hand to stop at their next checkpoint, and begin no others."""
        self.stopping.set()
        for attempt in self.active():
            attempt.stop = attempt.stop or self.stop_error("the worker is shutting down")

    def suspect(self, reason: str) -> None:
        """Note that something told this process to stop, which may be a step that it has in hand.

        Args:
            reason: What is known of it, as a clause.
        """
        self._suspected = reason, len(self.active())

    def before_process_message(
        self, broker: dramatiq.Broker, message: dramatiq.MessageProxy
    ) -> None:
        """Claim the message's step, or skip the message."""
        bound = self._thread.bound = ExitStack()  # until an after-hook: Dramatiq logs in between
        run_id, name = run_id_of(message.args, message.options), message.actor_name
        if run_id is None:
            raise SkipMessage("It names no run.")
        held, self._thread.next = self._thread.next, None
        if held is not None and (held.claim.run_id, held.claim.name) == (run_id, name):
            self._begin(held, bound)
            return
        if held is not None:  # what should have gone on with it was never called
            self._let_go(held)
        bound.enter_context(bound_work(run_id, name))
        self._check_turn(broker, run_id, name)
        try:
            outcome = claim_step(
                run_id,
                name,
                worker=worker_name(),
                lease_s=self.settings.lease_s,
                in_company=self.parent is not None,
                clock=self.clock,
                give_up=self.stopping.is_set,
            )
        except Exception as exc:  # whatever it is, Dramatiq would go on and call the actor
            self._note(exc)
            raise StepNotRecordedError(f"{name} was not started: {exc}") from exc
        if isinstance(outcome, Refusal):
            self._after_refusal(broker, run_id, name, outcome)
            raise LeftMessage(outcome.reason)
        self._share.begin(self.clock)
        self._begin(self._hold(outcome), bound)

    def after_skip_message(self, broker: dramatiq.Broker, message: dramatiq.MessageProxy) -> None:
        """Let go of what a message that was not worked on had bound, and give its step back."""
        attempt, self._thread.attempt = self._thread.attempt, None
        try:
            if attempt is not None:
                self._let_go(attempt)
        finally:
            self._thread.bound.close()

    def after_process_message(
        self,
        broker: dramatiq.Broker,
        message: dramatiq.MessageProxy,
        *,
        result: Any = None,
        exception: BaseException | None = None,
    ) -> None:
        """Record how the attempt ended, and hold or send the step that is due now."""
        attempt = self._thread.attempt
        if attempt is None:
            self._thread.bound.close()
            return
        try:
            come = self._end(attempt, exception)
            if isinstance(come, DueStep):
                self.send(broker, attempt.claim.run_id, come.name, delay_s=come.delay_s)
            elif come is not None:
                self._thread.next = self._hold(come)
            if exception is None and self.parent is not None:
                self.parent.worked()
            self._note(exception)
        except DatabaseUnavailableError as exc:
            self._note(exc)
            _tell_not_recorded(attempt, exc)
        finally:
            self._thread.attempt = None
            self._thread.bound.close()

    def before_ack(self, broker: dramatiq.Broker, message: dramatiq.MessageProxy) -> None:
        """Go on with the run that the message began, as far as this thread holds it.

        Where the message was put off for runs that go first, these come before it, each once.
        """
        self.go_on(broker)
        tried: list[Due] = []
        while (put_off := self._thread.put_off) is not None:
            due = self._urgency.ahead_of_message(*put_off, self.clock, tried)
            run_id, name = due or put_off
            tried.append((run_id, name))
            call_actor(broker, name, run_id)
            self.go_on(broker)
            if due is None:
                self._thread.put_off = None

    before_nack = before_ack

    def go_on(self, broker: dramatiq.Broker) -> None:
        """Call the actors of the steps that this thread has claimed with the end of another."""
        while (held := self._thread.next) is not None:
            call_actor(broker, held.claim.name, held.claim.run_id)
            if self._thread.next is held:
                self._thread.next = None
                self._let_go(held)

    def before_worker_thread_shutdown(self, broker: dramatiq.Broker, thread: Any) -> None:
        """Close the thread's database connection."""
        database().close_thread()

    def before_worker_shutdown(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        """Ask the attempts in hand to stop at their next checkpoint."""
        self.stop_soon()

    def after_worker_shutdown(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        """Give back what did not stop within the grace time."""
        for attempt in self.active():
            if attempt.given_up:
                continue
            why = self.stop_error("the worker shut down before the step reached a checkpoint")
            try:
                end_attempt(attempt, why, policy=self.policy)
            except DatabaseUnavailableError as exc:
                _tell_not_recorded(attempt, exc)

    def _check_turn(self, broker: dramatiq.Broker, run_id: str, name: str) -> None:
        """Skip a message where this process, or this run, has no turn now."""
        if self.stopping.is_set():
            raise LeftMessage(f"{name} stays due, as this worker is shutting down")
        if self.retiring.is_set():
            self.send(broker, run_id, name)
            raise LeftMessage(f"{name} is for another worker, as this one takes no more work")
        if self._thread.put_off is None and self._urgency.ahead_of_message(
            run_id, name, self.clock
        ):
            self._thread.put_off = run_id, name
            raise LeftMessage("another run goes first")

    def _after_refusal(
        self, broker: dramatiq.Broker, run_id: str, name: str, refusal: Refusal
    ) -> None:
        """Do what follows where a step was not claimed, and may have to be by somebody else."""
        if refusal.is_foreign:
            tell_of_foreign_message(run_id, name)
        if refusal.is_of_newer:
            tell_of_newer_run(run_id, name, refusal.reason)
        if refusal.due_in_s:  # a delay is timed by the clocks of machines, a step is not
            self.send(broker, run_id, name, delay_s=refusal.due_in_s)
        if (
            refusal.is_for_alone
            and self.parent is not None
            and has_turn_to_ask(run_id, name, refusal.attempts, self.clock)
        ):
            self.parent.run_alone(run_id, name)

    def _end(self, attempt: Attempt, exc: BaseException | None) -> DueStep | Claim | None:
        """Record an end; the lease is renewed until it is recorded, since that may take a while."""
        try:
            return end_attempt(
                attempt,
                exc,
                policy=self.policy,
                give_up=self.stopping.is_set,
                next_lease_s=self.settings.lease_s if self._goes_on(attempt) else None,
            )
        finally:
            self._forget(attempt)

    def _note(self, exc: BaseException | None) -> None:
        """Keep what nobody but a person can cure, for a command that waits for this process."""
        if exc is not None and code_of(exc) is Code.DISK_FULL:
            self.trouble = OutOfSpaceError(
                f"The disk is full: {clean_text(getattr(exc, 'message', str(exc)), 300)}",
                "Free some space.",
            )
        elif isinstance(exc, DatabaseUnavailableError) and not is_transient(exc):
            self.trouble = exc

    def _forget(self, attempt: Attempt) -> None:
        """Renew its lease no more."""
        with self._lock:
            self._active.pop(attempt, None)

    def _goes_on(self, attempt: Attempt) -> bool:
        """Say whether this thread does the run's next step itself."""
        if self.settings.handoff != "thread" or self.stopping.is_set() or self.retiring.is_set():
            return False
        return self._share.is_left(attempt.claim.run_id, self.clock)

    def _hold(self, claim: Claim) -> Attempt:
        """Return the attempt that a claim begins; from now on its lease is renewed."""
        attempt = Attempt(claim, self.clock)
        with self._lock:
            self._active[attempt] = None
        if self.stopping.is_set():
            attempt.stop = self.stop_error("the worker is shutting down")
        return attempt

    def stop_error(self, why: str) -> WorkerStoppingError:
        """Return why an attempt is given back now."""
        if self._suspected is None:
            return WorkerStoppingError(why)
        reason, suspects = self._suspected
        return WorkerStoppingError(f"{why}, {reason}", suspects)

    def _begin(self, attempt: Attempt, bound: ExitStack) -> None:
        claim = attempt.claim
        bound.enter_context(bound_work(claim.run_id, claim.name, claim.attempt))
        bound.enter_context(bound_attempt(attempt))
        self._thread.attempt = attempt

    def _let_go(self, attempt: Attempt) -> None:
        """Give back a step whose actor another middleware kept from being called."""
        self._forget(attempt)
        why = attempt.stop or WorkerStoppingError("another middleware skipped it")
        end_attempt(attempt, why, policy=self.policy, give_up=self.stopping.is_set)


def _tell_not_recorded(attempt: Attempt, exc: DatabaseUnavailableError) -> None:
    logger.error(
        "The end of %s was not recorded; recovery will run it again: %s",
        attempt.claim.name,
        exc,
        extra={"event": Event.STEP_END_NOT_RECORDED, "error_code": str(code_of(exc))},
    )


def step_middleware(broker: dramatiq.Broker) -> StepMiddleware | None:
    """Return the step middleware of a broker, or None where it has none."""
    return next((one for one in broker.middleware if isinstance(one, StepMiddleware)), None)
