"""Who writes the lines of transitions past `logging`, if anybody does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

#: Takes the entries of one transition (`models.audit.Prepared`); writes the lines of all of them
#: or none, and says whether it did.
LineWriter = Callable[[Sequence[Any]], bool]

_writer: LineWriter | None = None


def write_lines_by(writer: LineWriter | None) -> None:
    """Offer the lines of transitions to a writer before they are made records; None ends it."""
    global _writer  # noqa: PLW0603 - logging is the process's own
    _writer = writer


def wrote_lines(said: Sequence[Any]) -> bool:
    """Offer the entries of a transition; says whether their lines have been written."""
    return _writer is not None and _writer(said)
