"""May a stream have colours, and is it a terminal?"""

from __future__ import annotations

from typing import TextIO

from models.settings.table import FORCE_COLOR, NO_COLOR, TERM


def wants_colour(stream: TextIO | None) -> bool:
    """Say whether a stream gets colours: a terminal that has them, or any stream by FORCE_COLOR.

    NO_COLOR comes before both.
    """
    if stream is None or NO_COLOR.read():
        return False
    return FORCE_COLOR.read() or (TERM.text() != "dumb" and is_terminal(stream))


def is_terminal(stream: TextIO | None) -> bool:
    """Say whether a stream is an open terminal."""
    try:
        return stream is not None and stream.isatty()
    except (AttributeError, ValueError):
        return False  # closed, or no real stream
