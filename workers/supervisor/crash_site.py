"""Where a process was when native code brought it down, read from what faulthandler wrote."""

from __future__ import annotations

import re
from pathlib import PurePath

_THREAD = re.compile(r"(Current thread|Thread) 0x[0-9a-f]+ .*\(most recent call first\):")
_FRAME = re.compile(r'  File "(?P<file>.+)", line (?P<line>\d+) in (?P<function>.+)')
#: Threads that are told of: enough for those of a worker process.
_MAX_THREADS = 32
_MAX_TOLD = 4
_MAX_LENGTH = 200
#: By what it is known that a thread does a step: the function and the file (`workers.actors`).
IN_STEP = ("run_step", "actors.py")


class CrashSite:
    """Collects the last Python line of each thread from the lines of a process's stderr."""

    def __init__(self) -> None:
        #: Of the thread that crashed; empty where nothing was heard of it.
        self.place = ""
        #: Of each thread, and of those that did a step.
        self.threads: list[str] = []
        self.steps: list[str] = []
        self._thread = self._newest = ""

    def hear(self, line: str) -> None:
        """Take a line that is not one of the log's."""
        if line.startswith("Fatal Python error: "):
            self.place, self.threads, self.steps, self._thread = "", [], [], ""
        elif thread := _THREAD.match(line):
            self._thread, self._newest = thread[1], ""
        elif self._thread and (frame := _FRAME.match(line)):
            file = PurePath(frame["file"]).name
            if not self._newest:
                self._newest = f"{frame['function']} ({file}:{frame['line']})"[:_MAX_LENGTH]
                self._note(self._newest)
            if (frame["function"], file) == IN_STEP:
                self.steps.append(self._newest)

    def where(self, *, aborted: bool) -> str:
        """Return a sentence about where it was, or nothing.

        Args:
            aborted: Whether the signal came from outside. Any thread may get that: what held the
                process up is what a step did.
        """
        places = list(dict.fromkeys(self.steps)) if aborted else [self.place] if self.place else []
        if not places:
            return ""
        told = ", and in ".join(places[:_MAX_TOLD])
        return f"It was in {told}; the stacks of all threads are in the log."

    def _note(self, place: str) -> None:
        if self._thread == "Current thread":
            self.place = place
        if len(self.threads) < _MAX_THREADS:
            self.threads.append(place)
