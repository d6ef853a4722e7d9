"""Standard streams that never end a command: one that is missing, and one that nobody reads.

What a run has to say is worth less than the run: a reader that goes away (`scout run … | head`)
costs lines and nothing else, and so does one that stalls, on stderr (`models.nonblocking_stream`).
A stdout that only shows something, as of `scout logs`, is another matter: there a broken pipe ends
the command, quietly (`cli.errors`).
"""

from __future__ import annotations

import codecs
import errno
import io
import os
import sys
from typing import Any, TextIO, cast

from models.nonblocking_stream import led_through, unblocked

#: What an error means that concerns the reader; a full disk is the writer's matter.
_READER_GONE = frozenset({errno.EPIPE, errno.EIO, errno.ECONNRESET})


#: What stands for a sign of ours where a stream's encoding has none; anything else is a "?".
_STAND_INS = {
    "✓": "+", "✗": "x", "▶": ">", "↻": "r", "■": "#", "█": "#", "·": ".", "…": "~", "–": "-",
    "→": ">", "“": '"', "”": '"', "‘": "'", "’": "'", "×": "x",
}  # fmt: skip
_STAND_IN = "scout.stand_in"


class LossyFile(io.FileIO):
    """A descriptor that takes everything, also when its reader is gone.

    Args:
        descriptor: Stays open when this object goes.
    """

    def __init__(self, descriptor: int) -> None:
        super().__init__(descriptor, "wb", closefd=False)

    def write(self, data: Any, /) -> int:
        """Write, or lose, and return how much was taken."""
        try:
            return super().write(data)
        except OSError as exc:
            if exc.errno not in _READER_GONE:
                raise
            return memoryview(data).nbytes


def make_streams_usable() -> None:
    """See to it that a command has all three streams, and that no line on stderr can end it.

    A stream that was closed by who started the command (`>&-`) reads and writes nothing; its
    descriptor is taken, so that no database or log file gets it and what is printed with it. A
    character that a stream cannot carry is replaced by one that says the same, or by "?".
    """
    codecs.register_error(_STAND_IN, _stand_in)
    for descriptor, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            setattr(sys, name, _nowhere(descriptor))
    if sys.stderr is sys.__stderr__:
        sys.stderr = unblocked(cast(TextIO, sys.stderr))
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=_STAND_IN)


def outlive_readers() -> None:
    """Go on also when nobody reads stdout any more; for commands whose work is not their output."""
    if sys.stdout is sys.__stdout__:
        sys.stdout = led_through(LossyFile, cast(TextIO, sys.stdout))


def abandon_stdout() -> None:
    """Send what is still buffered nowhere, so that the exit is quiet."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
    except (OSError, ValueError, AttributeError):
        pass  # not a real file, as in tests: nothing is buffered for it


def _stand_in(error: UnicodeError) -> tuple[str, int]:
    """Return what is written for characters that an encoding does not have."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    missing = error.object[error.start : error.end]
    return "".join(_STAND_INS.get(char, "?") for char in missing), error.end


def _nowhere(descriptor: int) -> TextIO:
    # The lowest free descriptor is the missing one, since those before it are there.
    found = os.open(os.devnull, os.O_RDWR)
    os.set_inheritable(found, True)  # worker processes have all three as well
    file = io.FileIO(found, "r" if descriptor == 0 else "w", closefd=False)
    buffer = io.BufferedReader(file) if descriptor == 0 else io.BufferedWriter(file)
    return io.TextIOWrapper(buffer, encoding="utf-8")
