"""The name of a worker process in every row: host, pid, and a token against reused pids."""

from __future__ import annotations

import os
import secrets
import socket
from functools import lru_cache


@lru_cache(maxsize=4)
def _name_of(pid: int) -> str:
    return f"{worker_prefix(pid)}{secrets.token_hex(2)}"


def worker_name() -> str:
    """Return this process's name, `host:pid:token`; a forked child gets its own."""
    return _name_of(os.getpid())


def worker_prefix(pid: int) -> str:
    """Return the beginning of the name of the process `pid` on this host."""
    return f"{socket.gethostname()}:{pid}:"
