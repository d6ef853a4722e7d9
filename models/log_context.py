"""What the current thread is working on; every log line carries it.

Context variables do not enter the threads of a pool by themselves: start such work through
`contextvars.copy_context().run`.
"""

from __future__ import annotations

from contextvars import ContextVar, Token
from typing import Any, Generic, TypeVar

from msgspec import Struct

T = TypeVar("T")


class WorkContext(Struct, frozen=True):
    """The run, step and attempt that log lines are about.

    `dry` says whether the run may only use fixtures, which the network guard enforces.
    """

    run_id: str | None = None
    step: str | None = None
    attempt: int | None = None
    dry: bool = False


_NOTHING = WorkContext()
_current: ContextVar[WorkContext] = ContextVar("scout_work", default=_NOTHING)


def current_work() -> WorkContext:
    """Return what this thread is working on; all fields are None outside a run."""
    return _current.get()


class Bound(Generic[T]):
    """Sets a context variable for a block and restores it afterwards.

    A class, because a generator in its place would be closed, with a traceback, in another context
    when a process ends while a thread still hangs in its step.

    Args:
        variable: The context variable.
        value: Its value in the block.
    """

    def __init__(self, variable: ContextVar[Any], value: T) -> None:
        self._variable = variable
        self._value = value
        self._token: Token[Any] | None = None

    def __enter__(self) -> T:
        self._token = self._variable.set(self._value)
        return self._value

    def __exit__(self, *_: object) -> None:
        if self._token is not None:
            self._variable.reset(self._token)


def bound_work(
    run_id: str | None, step: str | None = None, attempt: int | None = None, dry: bool = False
) -> Bound[WorkContext]:
    """Bind the run, step and attempt for the block, and restore what was bound before."""
    return Bound(_current, WorkContext(run_id, step, attempt, dry))
