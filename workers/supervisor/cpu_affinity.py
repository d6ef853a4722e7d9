"""One processor per worker process, where there are as many of one as of the other.

A Python process runs on one processor at a time, whatever its threads; left alone, the kernel wakes
them up on another one again and again. Keeping each process on its own made the recorded chain 1.4
times as fast (`tests/benchmarks/bench_chain.py`). Where the numbers differ, as in a container that
may use a part of a large machine, the kernel knows better, and nothing is pinned.
"""

from __future__ import annotations

import os


def keep_on_own_cpu(pid: int, number: int, processes: int) -> int | None:
    """Keep a process that was just started on the processor of its place.

    Args:
        pid: The process.
        number: Its place, from 1.
        processes: How many places there are.

    Returns:
        The processor, or None where nothing was pinned.
    """
    if not hasattr(os, "sched_setaffinity"):
        return None
    cpus = sorted(os.sched_getaffinity(0))
    if len(cpus) != processes:
        return None
    cpu = cpus[(number - 1) % len(cpus)]
    try:
        os.sched_setaffinity(pid, {cpu})
    except OSError:
        return None  # it is gone already, or not allowed: it only runs a little slower
    return cpu
