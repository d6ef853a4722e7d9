"""May a stream have colours?"""

from __future__ import annotations

from typing import TextIO

from models.settings.table import NO_COLOR, TERM


def wants_colour(stream: TextIO | None) -> bool:
    """Say whether a stream is a terminal that has colours, and whose user wants them."""
    if stream is None or NO_COLOR.read() or TERM.text() == "dumb":
        return False
    try:
        return stream.isatty()
    except (AttributeError, ValueError):
        return False  # closed, or no real stream
