"""A terminal of a given width for commands in the test's own process, and how wide a text is."""

from __future__ import annotations

import os
import pty
import re
import sys
import termios
import threading
import unicodedata
from collections.abc import Iterator

import pytest

from cli.main import cli
from tests.support.waiting import DEADLINE_S

#: Escape codes, and what returns to the beginning of a line that changes.
_CODES = re.compile(r"\x1b\[[0-9;]*m")
_LINE = re.compile(r"\r\x1b\[2K|\r\n|\n")


def shown_on_terminal(monkeypatch: pytest.MonkeyPatch, columns: int, *args: str) -> list[str]:
    """Return every line that a command has shown on a terminal, without colours."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (40, columns))
    chunks: list[bytes] = []
    reader = threading.Thread(target=lambda: chunks.extend(_chunks(ours)))
    reader.start()
    with monkeypatch.context() as patch, os.fdopen(theirs, "w", encoding="utf-8") as stream:
        patch.setenv("TERM", "xterm")
        patch.delenv("COLUMNS", raising=False)
        for name in ("stdout", "stderr", "__stdout__"):
            patch.setattr(sys, name, stream)
        cli.main(list(args), prog_name="scout", standalone_mode=False)
        stream.flush()
    reader.join(DEADLINE_S)
    os.close(ours)
    return _LINE.split(_CODES.sub("", b"".join(chunks).decode()))


def columns_of(text: str) -> int:
    """Return how many columns a text takes, counted apart from the code under test."""
    return sum(
        0
        if unicodedata.category(char) in {"Mn", "Me", "Cf"} and char != "\ufe0f"
        else 1 + (unicodedata.east_asian_width(char) in {"W", "F"})
        for char in text
    )


def _chunks(descriptor: int) -> Iterator[bytes]:
    while True:
        try:
            chunk = os.read(descriptor, 65_536)
        except OSError:  # Linux: the other end was closed
            return
        if not chunk:
            return
        yield chunk
