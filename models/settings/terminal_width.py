"""How wide is the terminal behind a stream?"""

from __future__ import annotations

import os
from typing import TextIO


def terminal_columns(stream: TextIO) -> int | None:
    """Return the columns of the terminal that a stream leads to; None where it leads to none.

    COLUMNS comes first, as for every program; a terminal that says nothing has 80.
    """
    try:
        if not stream.isatty():
            return None
        own = os.get_terminal_size(stream.fileno()).columns
    except (AttributeError, OSError, ValueError):
        own = 0  # closed, or no real terminal
    from shutil import get_terminal_size

    return get_terminal_size((own or 80, 24)).columns
