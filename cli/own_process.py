"""Whether the process was started for one command, or is somebody else's, such as a test's."""

from __future__ import annotations

import sys
from typing import Any

import click

_MARK = "own process"
#: What `main` gives to the context of its command.
FOR_CONTEXT: dict[str, Any] = {"obj": _MARK}


def is_own_process() -> bool:
    """Say whether the process ends with the command that it executes now."""
    ctx = click.get_current_context(silent=True)
    return ctx is not None and ctx.find_root().obj == _MARK


def end_hard_if_hanging() -> None:
    """End this process with the status that it is about to have, where a thread would keep it.

    Call it where `SystemExit` passes. A thread that hangs in native code is not waited for: its
    step's end is on record. Nor, for long, is one that a step has left behind.
    """
    error = sys.exception()
    if _hangs is None or not isinstance(error, SystemExit):
        return
    from models.process_end import end_now, end_soon

    status = error.code if isinstance(error.code, int) else 1
    if _hangs:
        end_now(status)
    end_soon(status)


def note_worked(*, hangs: bool) -> None:
    """Note that steps were done in this process, and whether one of their threads hangs."""
    global _hangs  # noqa: PLW0603 - a fact about the process
    _hangs = bool(_hangs) or hangs


#: Whether a thread is known to hang; None where none can, as no step was done here.
_hangs: bool | None = None
