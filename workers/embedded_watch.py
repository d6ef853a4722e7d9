"""Ends a command whose interpreter is held: nothing in the process itself could.

A call that never lets go of the interpreter stops every thread, the one that watches time limits
and the one that waits for Ctrl-C among them. So another process, made by a fork before there are
threads, listens for signs of life as `scout worker` does of its children. It ends with the command.
The fork is made early: every page of memory that there is by then is copied when it is written to.
"""

from __future__ import annotations

import faulthandler
import os
import select
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from workers.supervisor.child_line import ChildLine
from workers.supervisor.parent_line import ParentLine

#: A command that gives no sign of life for so long is ended.
SILENCE_S = 30.0
#: A look that comes later than this says nothing about the command: both were stopped.
_OWN_GAP_S = 3.0
_LOOK_S = 1.0
#: Seconds for writing the stacks of all threads.
_ABORT_S = 2.0


_line: ParentLine | None = None


def fork_watcher(silence_s: float = SILENCE_S) -> None:
    """Make the process that will watch this one, from `watch_this_process` on.

    Args:
        silence_s: How long it may give no sign of life from then on.
    """
    global _line  # noqa: PLW0603 - a fact about the process
    command, (reading, writing) = os.getpid(), os.pipe()
    if os.fork() == 0:
        os.close(writing)
        _watch(command, reading, silence_s)
    os.close(reading)
    _line = ParentLine(writing)


def watch_this_process(silence_s: float = SILENCE_S) -> None:
    """Have this process end with SIGABRT, and its stacks on stderr, when it is held for so long.

    What it was doing is found by its lease: `scout resume` goes on with it.
    """
    if _line is None:
        fork_watcher(silence_s)
    assert _line is not None  # noqa: S101 - made above
    faulthandler.enable()
    _line.start()


def _watch(command: int, reading: int, silence_s: float) -> NoReturn:
    try:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)  # the command's to answer, which ends us
        for descriptor in (0, 1):
            with suppress(OSError):
                os.close(descriptor)
        if _falls_silent(command, ChildLine(reading), silence_s):
            _end(command, silence_s)
    finally:
        os._exit(0)


def _falls_silent(command: int, line: ChildLine, silence_s: float) -> bool:
    """Listen until the command has ended, which returns False, or gives no sign of life."""
    looked_s = time.monotonic()
    while True:
        ready, _, _ = select.select([line], [], [], _LOOK_S)
        if ready and not line.pump():
            return False
        now_s = time.monotonic()
        if now_s - looked_s > _OWN_GAP_S or _is_stopped(command):
            line.excuse()
        looked_s = now_s
        if line.silent_s() > silence_s:
            return True


def _end(command: int, silence_s: float) -> None:
    text = (
        f"This command gave no sign of life for {silence_s:g} s: a call holds the interpreter."
        " It is ended; the run goes on with: scout resume\n"
    )
    with suppress(OSError):
        if select.select([], [2], [], 0)[1]:
            os.write(2, text.encode())
    with suppress(ProcessLookupError):
        os.kill(command, signal.SIGABRT)
        time.sleep(_ABORT_S)
        if os.getppid() == command:
            os.kill(command, signal.SIGKILL)


def _is_stopped(pid: int) -> bool:
    """Say whether somebody stopped a process (SIGSTOP), who will let it go on."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] in {"T", "t"}
