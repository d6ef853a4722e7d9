"""What the current thread is working on; every log line carries it.

Context variables do not enter the threads of a pool by themselves: start such work through
`contextvars.copy_context().run`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WorkContext:
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


@contextmanager
def bound_work(
    run_id: str | None, step: str | None = None, attempt: int | None = None, dry: bool = False
) -> Iterator[WorkContext]:
    """Bind the run, step and attempt for the block, and restore what was bound before."""
    context = WorkContext(run_id, step, attempt, dry)
    token = _current.set(context)
    try:
        yield context
    finally:
        _current.reset(token)
