"""A screen of a terminal that is drawn again and again, and a key that ends it."""

from __future__ import annotations

import os
import select
import shutil
import sys
import termios
import tty
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

_ENTER = "\x1b[?1049h\x1b[?25l"  # another screen, without a cursor
_LEAVE = "\x1b[?25h\x1b[?1049l"
_HOME, _TO_END_OF_LINE, _TO_END = "\x1b[H", "\x1b[K", "\x1b[J"
_QUIT = frozenset("qQ\x03\x04")


def can_refresh() -> bool:
    """Say whether there is a terminal to draw on and to read keys from."""
    return sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM", "") != "dumb"


def refresh(draw: Callable[[int, int], Sequence[str]], every_s: float) -> None:
    """Draw until somebody types q or Ctrl-C; any other key draws at once.

    Args:
        draw: Returns the lines for so many columns and rows.
        every_s: Seconds between two drawings.
    """
    with _own_screen():
        while True:
            size = shutil.get_terminal_size()
            lines = draw(size.columns, size.lines)
            text = (_TO_END_OF_LINE + "\n").join(lines[: size.lines])
            sys.stdout.write(_HOME + text + _TO_END_OF_LINE + _TO_END)
            sys.stdout.flush()
            if _key(every_s) in _QUIT:
                return


def _key(timeout_s: float) -> str:
    """Return the key that is typed within some time; the end of input is a Ctrl-D."""
    descriptor = sys.stdin.fileno()
    if not select.select([descriptor], [], [], timeout_s)[0]:
        return " "
    return os.read(descriptor, 1).decode("ascii", "replace") or "\x04"


@contextmanager
def _own_screen() -> Iterator[None]:
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    sys.stdout.write(_ENTER)
    try:
        tty.setcbreak(descriptor)
        yield
    except KeyboardInterrupt:
        pass  # Ctrl-C is one way to end it
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)
        sys.stdout.write(_LEAVE)
        sys.stdout.flush()
