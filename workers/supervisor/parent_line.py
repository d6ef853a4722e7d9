"""What a worker process tells its parent, over a pipe of their own, whatever it logs or does not.

A thread writes a sign of life every second. It needs the interpreter and nothing else, so a parent
that hears nothing knows that a call holds the interpreter, or that the process gets no time.
Nothing here ever waits for the parent.
"""

from __future__ import annotations

import os
import threading

#: Seconds between two signs of life.
PULSE_S = 1.0

ALIVE = "alive"
READY = "ready"
WORKED = "worked"
DONE = "done"
RETIRING = "retiring"
ALONE = "alone"


class ParentLine:
    """The writing end of the pipe.

    Args:
        descriptor: The pipe; programs that this process starts do not get it.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        os.set_inheritable(descriptor, False)
        os.set_blocking(descriptor, False)
        self._has_worked = False

    def start(self) -> None:
        """Give signs of life from now on, the first one at once, unless nobody can read it."""
        if not self._say(ALIVE):
            return
        threading.Thread(target=self._pulse, name="pulse", daemon=True).start()

    def ready(self) -> None:
        """Say that this process works."""
        self._say(READY)

    def worked(self) -> None:
        """Say, the first time, that this process has brought a step to its end."""
        if not self._has_worked:
            self._has_worked = True
            self._say(WORKED)

    def done(self) -> None:
        """Say that this process has stopped in good order, with nothing left in hand."""
        self._say(DONE)

    def retire(self) -> None:
        """Say that this process takes no more work, and needs a successor."""
        self._say(RETIRING)

    def run_alone(self, run_id: str, step: str) -> None:
        """Ask for a process in which a step runs alone; a request may be lost."""
        self._say(f"{ALONE} {run_id} {step}")

    def _pulse(self) -> None:
        pause = threading.Event()
        while not pause.wait(PULSE_S) and self._say(ALIVE):
            pass

    def _say(self, words: str) -> bool:
        """Write a line, which is whole or not there; returns False where nobody can read it."""
        try:
            os.write(self._descriptor, words.encode() + b"\n")
        except BlockingIOError:
            pass  # a parent that was stopped; what it is told comes again
        except OSError:
            return False
        return True
