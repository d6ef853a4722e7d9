"""How worker processes tell their parent what they have counted: through one pipe, never waiting.

A line is one write of at most `PIPE_BUF` bytes, which arrives whole or not at all; so a killed
process tears nothing, and loses what it has counted in its last moment. It is sent by a thread of
its own, since a line for each step cost the chain more than counting. Where the parent does not
read, the sums wait in the process and are sent with the next ones.
"""

from __future__ import annotations

import os
import select
import threading
import time
from collections.abc import Iterator, Mapping

import msgspec

from workers.metrics.catalogue import WORKER_DEATHS
from workers.metrics.counts import Counts, Key

#: The bytes of a line: those that are written as a whole (pipe(7)).
LINE_MAX_BYTES = min(select.PIPE_BUF, 4096)
#: Seconds between two lines of a process, and between two looks at them.
EVERY_S = 0.05
#: What may have happened in that time without being lost; more than a process can do.
WAITING_MAX = 100_000
_READ_BYTES = 1 << 16
_lines = msgspec.json.Decoder(list[tuple[tuple[str, ...], float]])


class CountsSender:
    """Sends what a process counts.

    Args:
        counts: The sums of this process that were not sent yet.
        fd: The pipe's writing end.
    """

    def __init__(self, counts: Counts, fd: int) -> None:
        self._counts = counts
        self._fd = fd
        os.set_blocking(fd, False)

    def send(self) -> None:
        """Send what there is; what does not fit waits for the next time."""
        sums = self._counts.take()
        left = dict(sums)
        try:
            for line, keys in _encoded(sums):
                os.write(self._fd, line)
                for key in keys:
                    del left[key]
        except OSError:  # full, or the parent is gone: then this process is about to stop
            self._counts.merge(left.items())


class CountsReceiver:
    """Adds up what the processes send, on a thread of its own.

    Args:
        counts: The sums of all processes.
    """

    def __init__(self, counts: Counts) -> None:
        self._counts = counts
        self._read_fd, self.write_fd = os.pipe()
        self._thread = threading.Thread(target=self._run, name="counts", daemon=True)

    def start(self) -> None:
        """Begin to receive."""
        self._thread.start()

    def note_death(self) -> None:
        """Count a process that ended otherwise than it was asked to."""
        self._counts.add(WORKER_DEATHS)

    def _run(self) -> None:
        rest = b""
        while data := os.read(self._read_fd, _READ_BYTES):
            *lines, rest = (rest + data).split(b"\n")
            for line in lines:
                try:
                    self._counts.merge(_lines.decode(line))
                except msgspec.DecodeError:
                    continue  # another library wrote to a number that it took for its own
            time.sleep(EVERY_S)


def _encoded(sums: Mapping[Key, float]) -> Iterator[tuple[bytes, list[Key]]]:
    """Yield lines that are short enough, each with the keys of its sums."""
    parts: list[bytes] = []
    keys: list[Key] = []
    for key, amount in sums.items():
        part = msgspec.json.encode((key, amount))
        if parts and sum(map(len, parts)) + len(parts) + len(part) + 3 > LINE_MAX_BYTES:
            yield b"[" + b",".join(parts) + b"]\n", keys
            parts, keys = [], []
        parts.append(part)
        keys.append(key)
    if parts:
        yield b"[" + b",".join(parts) + b"]\n", keys
