"""Pools: of the runs that name the same one, only so many are at work at a time."""

from __future__ import annotations

import re

from msgspec import Struct

from models.errors import InputError
from models.redaction import default_redactor

MAX_RUNS = 1000
_POOL = re.compile(r"([A-Za-z0-9][A-Za-z0-9_.:/-]{0,49})=([0-9]{1,4})", re.ASCII)


class Pool(Struct, frozen=True):
    """The pool of a run, and how many runs of it are at work at most when this one begins."""

    name: str
    max_runs: int

    @property
    def words(self) -> str:
        """Return it as every screen says it."""
        return f"the pool {self.name}, {self.max_runs} at a time"


def read_pool(text: str) -> Pool:
    """Return the pool that a person typed, such as `search=2`.

    Raises:
        InputError: It is none, or holds a secret.
    """
    if default_redactor().holds_secret(text):
        raise InputError(
            "--pool holds what looks like a password, key or token; pools are stored and shown.",
            "Give it another name.",
        )
    found = _POOL.fullmatch(text.strip())
    if found is None or not 1 <= int(found[2]) <= MAX_RUNS:
        raise InputError(
            "--pool is no pool.",
            "Give a name of letters, digits and any of _ . : / - and how many of its runs may be"
            f" at work at a time, 1 to {MAX_RUNS}: search=2",
        )
    return Pool(found[1], int(found[2]))
