"""Who is told what happens in this process: those who count it or trace it. By default nobody.

They are told afterwards, on the thread that did it: what is in the rows is committed by then. One
that fails costs a line in the log and nothing else.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from msgspec import Struct, field

from models.events import Event
from models.log_context import Bound, WorkContext, current_work

logger = logging.getLogger(__name__)


class Exchange(Struct, frozen=True):
    """One request over HTTP and what came of it; trying again makes another one.

    Args:
        service: `github`, `model` or `webhook`.
        method: The method.
        url: What was asked, without credentials, query and fragment.
        started_s: When, in seconds since the Unix epoch.
        duration_s: How long it took.
        status: The status of the answer; None where none came whole.
        error_type: The class of the error; None where an answer came.
        resent: How many tries there were before it, of the same call.
        call: The call of a model that it belongs to, or None.
        work: What the thread worked on.
    """

    service: str
    method: str
    url: str
    started_s: float
    duration_s: float
    status: int | None = None
    error_type: str | None = None
    resent: int = 0
    call: int | None = None
    work: WorkContext = field(default_factory=current_work)


class ModelCall(Struct, frozen=True):
    """One question to a language model and what its answer cost; never what was said.

    Args:
        call: Its number in this process; its exchanges bear it.
        model: The model that was asked.
        url: The endpoint, without credentials.
        started_s: When, in seconds since the Unix epoch.
        duration_s: How long it took, with all exchanges and waits.
        answered_by: The model that the answer names; None without an answer.
        prompt_tokens: The tokens of the question that were paid for.
        completion_tokens: Those of the answer, reasoning included.
        cost_usd: What it cost; None where the endpoint does not say.
        finish_reason: Why the answer ended; None without one.
        error_type: The class of the error that came instead; None where an answer came.
        work: What the thread worked on.
    """

    call: int
    model: str
    url: str
    started_s: float
    duration_s: float
    answered_by: str | None = None
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float | None = None
    finish_reason: str | None = None
    error_type: str | None = None
    work: WorkContext = field(default_factory=current_work)


#: Is told of every `Exchange`, every `ModelCall`, and every audit row once it is committed, which
#: is a `models.audit.Prepared`: each transition of a run or step has one.
Listener = Callable[[object], None]

_listeners: tuple[Listener, ...] = ()
_failed: set[str] = set()


def is_heard() -> bool:
    """Say whether anybody listens; where nobody does, nothing need be measured."""
    return bool(_listeners)


def listen(listener: Listener) -> None:
    """Have a listener told of everything from now on, for as long as the process lives."""
    global _listeners  # noqa: PLW0603 - the process's own list, replaced as a whole
    _listeners = (*_listeners, listener)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Have a listener told of everything in the block."""
    global _listeners  # noqa: PLW0603 - the process's own list, replaced as a whole
    listen(listener)
    try:
        yield
    finally:
        _listeners = tuple(one for one in _listeners if one is not listener)
        _failed.clear()


def tell(happening: object) -> None:
    """Tell everybody who listens; raises nothing of what they raise."""
    for listener in _listeners:
        told_to(listener, happening)


def told_to(listener: Listener, happening: object) -> None:
    """Tell one listener; raises nothing of what it raises."""
    try:
        listener(happening)
    except Exception as exc:
        name = f"{listener!r}: {type(exc).__name__}"
        if name not in _failed:  # once, and not at every step
            _failed.add(name)
            logger.exception(
                "Something that happened was not counted or traced.",
                extra={"event": Event.LISTENER_FAILED},
            )


class _Call:
    """A call of a model that is going on: its number, and how many requests it has sent."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.sent = 0


_call: ContextVar[_Call | None] = ContextVar("scout_model_call", default=None)
_calls = 0


def bound_call() -> Bound[_Call]:
    """Make the requests of the block part of a new call of a model."""
    global _calls  # noqa: PLW0603 - a number for each call of this process
    _calls += 1
    return Bound(_call, _Call(_calls))


def numbered_try() -> tuple[int | None, int]:
    """Return the call that a request now belongs to, and how many it has sent before."""
    call = _call.get()
    if call is None:
        return None, 0
    call.sent += 1
    return call.number, call.sent - 1
