"""Worker processes as batch work for the kernel: whoever is woken up does not interrupt who works.

Threads of a worker process wake one another up all the time, to hand on the interpreter or the
turn at the database. As ordinary processes the one that is woken takes the processor from the one
that woke it, which had only a little left to do; as batch work (sched(7)) it waits for that. The
recorded chain was 1.05 times as fast (`tests/benchmarks/bench_chain.py`).
"""

from __future__ import annotations

import contextlib
import os
import sys


def schedule_as_batch(pid: int) -> None:
    """Have a process that was just started, and has no threads yet, scheduled as batch work.

    One that somebody gave another policy (`chrt`) keeps it; where it is not possible or not
    allowed nothing happens: the process only runs a little slower.
    """
    if sys.platform != "linux":
        return
    with contextlib.suppress(OSError):
        if os.sched_getscheduler(pid) == os.SCHED_OTHER:
            os.sched_setscheduler(pid, os.SCHED_BATCH, os.sched_param(0))
