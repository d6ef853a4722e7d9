"""The name of a worker process in every row, `host:pid:token`, and what the token says.

A host name and a pid are two processes' at once where containers have one host name, or a machine
started anew. The token says from which boot and which PID namespace the pid is, and is random
beyond that: nobody takes another's process for its own.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import socket
from pathlib import Path

_PLACE_DIGITS = 4
_RANDOM_BYTES = 4


def new_token() -> str:
    """Return a token for a process of this boot and PID namespace."""
    return _place + secrets.token_hex(_RANDOM_BYTES)


def worker_name() -> str:
    """Return this process's name; a forked child gets its own."""
    return _name


def name_of(pid: int, token: str) -> str:
    """Return the name of the process `pid` on this host that was given a token."""
    return f"{socket.gethostname()}:{pid}:{token}"


def take_token(token: str) -> None:
    """Name this process by the token that its parent gave it, so that the parent knows the name."""
    global _name  # noqa: PLW0603 - one name per process, taken before there are threads to race
    _name = name_of(os.getpid(), token)


def is_from_here(name: str) -> bool:
    """Say whether the pid in a worker's name is of this boot and PID namespace."""
    return name.rpartition(":")[2].startswith(_place)


def _find_place() -> str:
    """Return a digest of boot and PID namespace; of nothing where the system names neither."""
    boot, namespace = Path("/proc/sys/kernel/random/boot_id"), Path("/proc/self/ns/pid")
    try:
        known = f"{boot.read_text().strip()} {namespace.stat().st_ino}"
    except OSError:
        known = ""
    return hashlib.sha256(known.encode()).hexdigest()[:_PLACE_DIGITS]


_place = _find_place()
_name = name_of(os.getpid(), new_token())
os.register_at_fork(after_in_child=lambda: take_token(new_token()))
