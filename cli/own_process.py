"""Whether the process was started for one command, or is somebody else's, such as a test's."""

from __future__ import annotations

from typing import Any

import click

_MARK = "own process"
#: What `main` gives to the context of its command.
FOR_CONTEXT: dict[str, Any] = {"obj": _MARK}


def is_own_process() -> bool:
    """Say whether the process ends with the command that it executes now."""
    ctx = click.get_current_context(silent=True)
    return ctx is not None and ctx.find_root().obj == _MARK
