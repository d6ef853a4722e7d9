"""Keeping a worker's memory as small as what it holds.

Python gives back what it no longer needs; glibc keeps it. With an arena for each thread, and a
threshold that grows with the largest READMEs, a worker that reads thousands of them would grow
although it holds no more than before. On other C libraries there is nothing to set.
"""

from __future__ import annotations

import sys

# From glibc's malloc.h.
_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3
_M_ARENA_MAX = -8
#: Bytes from which a block is given back to the system as soon as it is free; glibc's own value
#: to begin with, which stays as it is only where it has been set.
LARGE_BYTES = 128 * 1024
#: Python's own allocator serves what is small, and under the interpreter's lock few threads need
#: another arena at the same time.
ARENAS = 1


def keep_memory_small() -> bool:
    """Tell glibc to keep no more free memory than it needs; returns whether it was told.

    Call it before threads are started.
    """
    if sys.platform != "linux":
        return False
    import ctypes

    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):  # another C library
        return False
    settings = (
        (_M_ARENA_MAX, ARENAS),
        (_M_MMAP_THRESHOLD, LARGE_BYTES),
        (_M_TRIM_THRESHOLD, LARGE_BYTES),
    )
    told = [bool(mallopt(name, value)) for name, value in settings]  # each, whatever came before
    return all(told)
