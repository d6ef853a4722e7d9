"""The name of a worker process in every row: host, pid, and a token against reused pids."""

from __future__ import annotations

import os
import secrets
import socket


def _new_name() -> str:
    return f"{worker_prefix(os.getpid())}{secrets.token_hex(2)}"


def worker_name() -> str:
    """Return this process's name, `host:pid:token`; a forked child gets its own."""
    return _name


def worker_prefix(pid: int) -> str:
    """Return the beginning of the name of the process `pid` on this host."""
    return f"{socket.gethostname()}:{pid}:"


def _rename() -> None:
    global _name  # noqa: PLW0603 - one name per process, made before there are threads to race
    _name = _new_name()


_name = _new_name()
os.register_at_fork(after_in_child=_rename)
