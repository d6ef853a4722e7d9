"""Whether the process was started for one command, or is somebody else's, such as a test's."""

from __future__ import annotations

import os
import sys
from typing import Any

import click

from models.nonblocking_stream import finish_streams

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
    step's end is on record.
    """
    error = sys.exception()
    if not _hangs or not isinstance(error, SystemExit):
        return
    finish_streams()
    os._exit(error.code if isinstance(error.code, int) else 1)


def note_hanging() -> None:
    """Note that a thread of this process hangs for good."""
    global _hangs  # noqa: PLW0603 - a fact about the process
    _hangs = True


_hangs = False
