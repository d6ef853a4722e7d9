"""One attempt at a step inside a worker: the work itself, and how it may write.

Every write is fenced: it happens in a transaction that first checks that this attempt still holds
its step, so a worker that was paused past its lease changes nothing.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from functools import lru_cache
from typing import Any, TypeVar

from models.audit import Entry, Journal, transition
from models.clock import Clock
from models.codes import Code
from models.dao.steps import StepsDao
from models.database.connection import database, reads_wait
from models.error_codes import foreseen
from models.errors import DatabaseUnavailableError, ScoutError
from models.events import Event
from models.lifecycle import Claim
from models.log_context import Bound, WorkContext, bound_work
from models.run_args import RunArgs
from models.steps import MODEL_STEPS
from models.text.canonical_json import loads
from tasks.sources.interface import Sources
from tasks.step import Step, StepContext
from workers.attempts.interrupts import StepInterruptError, StepLostError
from workers.attempts.progress_rate import Pace

T = TypeVar("T")
logger = logging.getLogger("scout")

#: Progress is stored, and logged, at most this often.
PROGRESS_INTERVAL_S = 0.5
PROGRESS_LOG_INTERVAL_S = 10.0


class NotClaimedError(ScoutError):
    """An actor was called without the middleware that records its step."""

    code = Code.NOT_CLAIMED


class Attempt:
    """A claimed step being worked on; implements `tasks.step.Recorder`.

    Args:
        claim: The claim that this worker holds.
        clock: Where the time comes from.
    """

    def __init__(self, claim: Claim, clock: Clock) -> None:
        self.claim = claim
        self.clock = clock
        self.thread_id = threading.get_ident()
        self.renewed_s = clock.monotonic_s()
        #: When it last saved something, its progress included, on the monotonic clock.
        self.moved_s = self.renewed_s
        self.args = _args(claim.row.args_json)
        self.stats: Mapping[str, Any] = {}
        #: Outbound connections that a dry run tried to open; any of them fails the step.
        self.blocked: list[str] = []
        #: Set by other threads; raised at the next checkpoint.
        self.stop: StepInterruptError | None = None
        #: When it was told that it is over its time limit, on the monotonic clock.
        self.overdue_s: float | None = None
        #: Whether its end was recorded for it, because its thread does not react.
        self.given_up = False
        #: Guards `in_body`, so that an interrupt is only raised in a thread that is in the step.
        self.body_lock = threading.Lock()
        self.in_body = False
        self._pace = Pace()
        self._progress_s = self.renewed_s
        self._progress_logged_s = self.renewed_s
        self._progress: dict[str, Any] = {"done": 0, "total": 0}

    @property
    def units(self) -> tuple[int, int]:
        """Return how many units the step said last to be done, and how many there are."""
        return self._progress["done"], self._progress["total"]

    def run(self, step: Step) -> None:
        """Do the step's work and keep its stats for the middleware to record."""
        self.checkpoint()
        context = StepContext(
            run_id=self.claim.run_id,
            step_id=self.claim.step_id,
            attempt=self.claim.attempt,
            args=self.args,
            sources=self._sources(),
            record=self,
            clock=self.clock,
        )
        with self.body_lock:
            self.in_body = True
        try:
            with self._guarded(), Bound(reads_wait, True):
                self.stats = _checked(step(context), self.claim.name)
        except Exception as exc:
            if (told := foreseen(database().label, exc)) is not None:
                raise told from exc
            raise
        finally:
            with self.body_lock:
                self.in_body = False

    def save(self, work: Callable[[], T]) -> T:
        """Run `work` in a write transaction in which this attempt is known to hold its step."""

        def held() -> T:
            self._check_held()
            return work()

        try:
            return database().transact(held, give_up=lambda: self.stop is not None)
        except DatabaseUnavailableError:
            self.checkpoint()  # a reason to stop comes before what it cut short
            raise

    def audit(
        self,
        event: Event,
        message: str,
        *,
        level: str = "",
        data: Mapping[str, Any] | None = None,
    ) -> None:
        """Write an audit row and a log line about this step."""
        claim = self.claim
        entry = Entry(
            event,
            message,
            claim.name,
            level,
            claim.run_id,
            claim.step_id,
            claim.attempt,
            None,
            data or {},
        )

        def work(journal: Journal) -> None:
            self._check_held()
            journal.add(entry)

        transition(work, self.clock)

    def progress(self, done: int, total: int, what: str = "") -> None:
        """Store how far the step is and how fast, at most twice a second; log it now and then."""
        now_s = self.clock.monotonic_s()
        self._progress = self._pace.at(done, total, now_s, what)
        if now_s - self._progress_s < PROGRESS_INTERVAL_S:
            return
        self._progress_s = now_s
        self._save_progress(self._progress)
        if now_s - self._progress_logged_s >= PROGRESS_LOG_INTERVAL_S:
            self._progress_logged_s = now_s
            logger.info(
                "%s: %d of %d%s done.",
                self.claim.name,
                done,
                total,
                f" {what}" if what else "",
                extra={"event": Event.STEP_PROGRESS, "data": self._progress},
            )

    def waiting(self, text: str) -> None:
        """Store at once what the step waits for, beside how far it is; the next progress ends it.

        May be called from any thread of the step.
        """
        self._progress_s = float("-inf")
        self._save_progress(self._progress | {"waiting": text})

    def checkpoint(self) -> None:
        """Stop here if the worker shuts down, or the step is overdue or no longer ours."""
        if self.stop is not None:
            raise self.stop

    def _save_progress(self, progress: Mapping[str, Any]) -> None:
        claim = self.claim
        self.save(lambda: StepsDao.save_progress(claim.step_id, claim.attempt, progress))

    def _guarded(self) -> Bound[WorkContext]:
        """Hold the step's body, and nothing else, to what a dry run may do."""
        claim = self.claim
        return bound_work(claim.run_id, claim.name, claim.attempt, dry=self.args.dry)

    def _sources(self) -> Sources:
        """Return the run's sources: fixtures are shared by all steps, live ones know theirs."""
        if self.args.dry:
            return _fixtures(self.args.fixtures)
        from tasks.sources.choose import sources_for

        asks = StepsDao.plans_any(self.claim.run_id, MODEL_STEPS)
        return sources_for(dry=False, record=self, no_llm=self.args.no_llm, with_model=asks)

    def _check_held(self) -> None:
        if not StepsDao.holds(self.claim.step_id, self.claim.attempt):
            self.stop = StepLostError(f"Attempt {self.claim.attempt} lost {self.claim.step_id}.")
            raise self.stop
        self.moved_s = self.clock.monotonic_s()


_attempt: ContextVar[Attempt | None] = ContextVar("scout_attempt", default=None)


def current_attempt() -> Attempt | None:
    """Return the attempt that the calling context works for, or None."""
    return _attempt.get()


def bound_attempt(attempt: Attempt) -> Bound[Attempt]:
    """Make `attempt` the current one for the block."""
    return Bound(_attempt, attempt)


def claimed_attempt(run_id: str, step: str) -> Attempt:
    """Return the attempt that the middleware claimed for this actor call.

    Raises:
        NotClaimedError: There is none: no step ever runs unrecorded.
    """
    attempt = _attempt.get()
    if attempt is None or (attempt.claim.run_id, attempt.claim.name) != (run_id, step):
        raise NotClaimedError(
            f"Step {step} of run {run_id} was called without being claimed.",
            "Add workers.middleware.step_recorder.StepMiddleware to the broker.",
        )
    return attempt


def _checked(stats: Any, step: str) -> Mapping[str, Any]:
    """Refuse here, where it fails the step, what could not be recorded as its end."""
    if not isinstance(stats, Mapping):
        raise TypeError(f"{step} returned {type(stats).__name__} instead of its stats.")
    return stats


@lru_cache(maxsize=64)
def _args(stored: str) -> RunArgs:
    """Return a run's arguments, which all of its steps share."""
    return RunArgs.from_dict(dict(loads(stored)))


@lru_cache(maxsize=16)
def _fixtures(folder: str | None) -> Sources:
    from tasks.sources.choose import sources_for

    return sources_for(dry=True, fixtures_dir=folder)
