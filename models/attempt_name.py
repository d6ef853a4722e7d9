"""What an attempt at a step is called: `STEP#2`, and `RUN/STEP#2` among all runs."""

from __future__ import annotations

import re
from typing import NamedTuple

_NAME = re.compile(r"(?P<run>[^/#]+)/(?P<step>[a-z0-9_]+)(?:#(?P<attempt>[0-9]{1,6}))?", re.ASCII)


class Named(NamedTuple):
    """What a person named: a run, perhaps one of its steps, perhaps an attempt at that."""

    run: str
    step: str | None = None
    attempt: int | None = None


def attempt_name(step: str, attempt: int | None, run_id: str | None = None) -> str:
    """Return what an attempt is called, within its run or, with `run_id`, among all.

    A step without an attempt, or that was not started, is called by its own name.
    """
    name = f"{step}#{attempt}" if attempt else step
    return f"{run_id}/{name}" if run_id else name


def read_name(text: str) -> Named:
    """Return what a name means; what is no name of a step or attempt is taken for that of a run."""
    found = _NAME.fullmatch(text.strip())
    if found is None:
        return Named(text)
    attempt = found["attempt"]
    return Named(found["run"], found["step"], int(attempt) if attempt else None)
