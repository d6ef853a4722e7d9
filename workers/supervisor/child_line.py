"""The parent's end of a worker process's line: when it was last heard, and what it asked for."""

from __future__ import annotations

import os
import time

from models.ids import is_id
from models.steps import STEP_NAMES
from workers.supervisor.parent_line import ALONE, DONE, READY, RETIRING, WORKED

_READ_BYTES = 1 << 16
#: A request is about one step of one run.
Request = tuple[str, str]


class ChildLine:
    """Reads what one worker process says over its line.

    Args:
        descriptor: The reading end of the pipe; closed by `finish`.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._rest = b""
        #: When the process was last heard, on the monotonic clock; None before the first time.
        self.heard_s: float | None = None
        #: What it has said: that it works, that it has brought a step to its end, that it takes no
        #: more work, that it stopped in order.
        self.ready = self.worked = self.retiring = self.done = False
        #: The steps for which it wants a process that does nothing else.
        self.requests: list[Request] = []
        os.set_blocking(descriptor, False)

    def fileno(self) -> int:
        """Return the file descriptor to wait for."""
        return self._descriptor

    def pump(self) -> bool:
        """Read what is there; return False at the end of the stream."""
        try:
            data = os.read(self._descriptor, _READ_BYTES)
        except BlockingIOError:
            return True
        if data:
            self.heard_s = time.monotonic()
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._take(line.decode(errors="replace").split(" "))
        return data != b""

    def finish(self) -> None:
        """Hear the last words of a process that has ended, and close the pipe."""
        self.pump()  # in one go: a pipe holds no more
        os.close(self._descriptor)

    def silent_s(self) -> float:
        """Return for how long nothing was heard of a process that has been heard before."""
        return 0.0 if self.heard_s is None else time.monotonic() - self.heard_s

    def excuse(self) -> None:
        """Let the silence begin anew: the parent itself was not listening."""
        if self.heard_s is not None:
            self.heard_s = time.monotonic()

    def _take(self, words: list[str]) -> None:
        if words in ([READY], [WORKED], [RETIRING], [DONE]):
            setattr(self, words[0], True)
        elif len(words) == 3 and words[0] == ALONE and is_id(words[1]) and words[2] in STEP_NAMES:
            self.requests.append((words[1], words[2]))
