"""From how an actor ended to what is recorded: success, failure, another try, or handed back."""

from __future__ import annotations

import logging
from collections.abc import Callable

from msgspec import Struct

from models.cause import Cause
from models.codes import Code
from models.error_codes import code_of
from models.errors import (
    LeaseLostError,
    NetworkBlockedError,
    PostponedError,
    ScoutError,
)
from models.events import Event
from models.lifecycle import (
    Claim,
    fail_step,
    finish_and_go_on,
    finish_claim,
    hand_back,
    log_audit,
    postpone_step,
    retry_step,
)
from models.text.clean import ERROR_MAX_LENGTH, clean_text
from models.text.traceback_text import traceback_text
from workers.attempts.attempt import Attempt
from workers.attempts.interrupts import StepLostError, StepOverdueError, WorkerStoppingError
from workers.attempts.retry_policy import RetryPolicy, is_transient

logger = logging.getLogger(__name__)

GiveUp = Callable[[], bool]

#: No wait that others ask for is longer than those that are believed (`tasks.sources.http`).
POSTPONE_MAX_S = 7 * 86_400.0
#: How long a step waits for room on a full disk.
FULL_DISK_DELAY_S = 30.0
#: What stands in a headline beside what the code says.
SAID_MAX_LENGTH = 200


class Due(Struct, frozen=True):
    """A step that needs a message now, or after `delay_s` seconds."""

    name: str
    delay_s: float = 0.0


def end_attempt(
    attempt: Attempt,
    exc: BaseException | None,
    *,
    policy: RetryPolicy,
    give_up: GiveUp | None = None,
    next_lease_s: float | None = None,
) -> Due | Claim | None:
    """Record how an attempt ended and return what comes next, if anything does.

    A worker that lost its lease records nothing and hands on nothing.

    Args:
        attempt: The attempt.
        exc: What its step raised, if anything.
        policy: Which failures are tried again.
        give_up: Ends waiting for the database early.
        next_lease_s: Claims the next step in the same commit, for so long; None leaves it to
            whoever gets its message.

    Returns:
        The step that needs a message, or the claim of the next one.

    Raises:
        DatabaseUnavailableError: The ending could not be written.
    """
    if isinstance(exc, StepOverdueError) and isinstance(attempt.stop, StepOverdueError):
        exc = attempt.stop  # one that was raised in a thread from outside comes without words
    if attempt.blocked and not isinstance(exc, StepLostError):
        exc = _network_error(attempt, exc)
    try:
        if exc is None:
            return _succeed(attempt, next_lease_s, give_up)
        return _record(attempt, exc, policy, give_up)
    except LeaseLostError:
        logger.warning(
            "%s: attempt %s lost its step; its ending was not recorded.",
            attempt.claim.name,
            attempt.claim.attempt,
            extra={"event": Event.STEP_LEASE_LOST},
        )
        return None


def _succeed(
    attempt: Attempt, next_lease_s: float | None, give_up: GiveUp | None
) -> Due | Claim | None:
    claim, stats, clock = attempt.claim, attempt.stats, attempt.clock
    if next_lease_s is not None:
        return finish_and_go_on(claim, stats, lease_s=next_lease_s, clock=clock, give_up=give_up)
    name = finish_claim(claim, stats, clock=clock, give_up=give_up)
    return Due(name) if name else None


def _record(
    attempt: Attempt, exc: BaseException, policy: RetryPolicy, give_up: GiveUp | None
) -> Due | None:
    claim, clock = attempt.claim, attempt.clock
    policy = policy.of_step(claim.name)
    if isinstance(exc, (StepLostError, LeaseLostError)):
        raise LeaseLostError(str(exc))
    if isinstance(exc, WorkerStoppingError):
        hand_back(claim, str(exc), suspects=exc.suspects, clock=clock)
        return None
    cause = cause_of(exc)
    if isinstance(exc, PostponedError):
        delay_s = min(max(exc.delay_s, 0.0), POSTPONE_MAX_S)
        done, total = attempt.units
        goes_on = postpone_step(
            claim,
            _shown(exc.reason),
            delay_s=delay_s,
            done=done,
            total=total,
            clock=clock,
            give_up=give_up,
        )
        return Due(claim.name, delay_s) if goes_on else None
    if cause.code is Code.DISK_FULL:
        return _wait_for_room(attempt, cause, give_up)
    tries = claim.row.tries + 1
    if is_transient(exc) and tries < policy.max_tries:
        delay_s = policy.delay_s(tries, exc)
        retry_step(
            claim,
            cause.error_type,
            cause.message,
            delay_s=delay_s,
            max_tries=policy.max_tries,
            code=cause.code,
            traceback=cause.traceback,
            said=cause.said,
            clock=clock,
            give_up=give_up,
        )
        return Due(claim.name, delay_s)
    message = cause.message
    if tries > 1:
        message += f" (try {tries} of {policy.max_tries}, the last)"
    fail_step(
        claim,
        cause.error_type,
        message,
        code=cause.code,
        traceback=cause.traceback,
        said=cause.said,
        clock=clock,
        give_up=give_up,
    )
    return None


def _wait_for_room(attempt: Attempt, cause: Cause, give_up: GiveUp | None) -> Due | None:
    """Put a step off that found the disk full: no fault of its own, and no try."""
    claim = attempt.claim
    done, total = attempt.units
    goes_on = postpone_step(
        claim,
        f"the disk is full ({cause.message})",
        delay_s=FULL_DISK_DELAY_S,
        done=done,
        total=total,
        clock=attempt.clock,
        give_up=give_up,
    )
    return Due(claim.name, FULL_DISK_DELAY_S) if goes_on else None


def cause_of(exc: BaseException) -> Cause:
    """Return why an attempt ended that raised `exc`, for rows and for people; redacted.

    An error that is not Scout's own is one that nobody foresaw: it comes with its traceback.
    """
    if isinstance(exc, StepOverdueError):
        return Cause("time_limit", str(exc), exc.code)
    try:
        text = str(exc) or "no message"
    except Exception as error:  # noqa: BLE001 - a foreign __str__ must not cost the ending
        text = f"its message cannot be shown ({type(error).__name__})"
    if isinstance(exc, ScoutError):
        said = clean_text(exc.said, SAID_MAX_LENGTH)
        return Cause(type(exc).__name__, _shown(text), code_of(exc), said=said)
    said = clean_text(f"{type(exc).__name__}: {text}", SAID_MAX_LENGTH)
    return Cause(type(exc).__name__, _shown(text), code_of(exc), traceback_text(exc), said)


def _shown(text: str) -> str:
    return clean_text(text, ERROR_MAX_LENGTH, keep_newlines=True)


def _network_error(attempt: Attempt, exc: BaseException | None) -> NetworkBlockedError:
    claim = attempt.claim
    for target in attempt.blocked:
        log_audit(
            event=Event.NETWORK_BLOCKED,
            message=f"A dry run must not use the network: {target} was blocked.",
            scope=claim.name,
            run_id=claim.run_id,
            step=claim.name,
            attempt=claim.attempt,
            data={"target": target},
            clock=attempt.clock,
        )
    error = NetworkBlockedError(
        f"This dry run tried to reach {attempt.blocked[0]}.",
        "A dry run uses fixtures only; look at what the step calls.",
    )
    error.__cause__ = exc
    return error
