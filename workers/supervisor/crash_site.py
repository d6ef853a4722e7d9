"""Where a process was when native code brought it down, read from what faulthandler wrote."""

from __future__ import annotations

import re
from pathlib import PurePath

_THREAD = re.compile(r"(Current thread|Thread) 0x[0-9a-f]+ .*\(most recent call first\):")
_FRAME = re.compile(r'  File "(?P<file>.+)", line (?P<line>\d+) in (?P<function>.+)')
#: Threads that are told of: enough for those of a worker process.
_MAX_THREADS = 32
_MAX_LENGTH = 200


class CrashSite:
    """Collects the last Python line of each thread from the lines of a process's stderr."""

    def __init__(self) -> None:
        #: Of the thread that crashed; empty where nothing was heard of it.
        self.place = ""
        #: Of each thread, that one's marked.
        self.threads: list[str] = []
        self._awaited = ""

    def hear(self, line: str) -> None:
        """Take a line that is not one of the log's."""
        if line.startswith("Fatal Python error: "):
            self.place, self.threads, self._awaited = "", [], ""
        elif thread := _THREAD.match(line):
            self._awaited = thread[1]
        elif self._awaited and (frame := _FRAME.match(line)):
            place = f"{frame['function']} ({PurePath(frame['file']).name}:{frame['line']})"
            self._note(place[:_MAX_LENGTH])
            self._awaited = ""

    def _note(self, place: str) -> None:
        is_current = self._awaited == "Current thread"
        if is_current:
            self.place = place
        if len(self.threads) < _MAX_THREADS:
            self.threads.append(f"{place}, which crashed" if is_current else place)
