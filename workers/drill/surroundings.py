"""What a drill makes of its workers' machine: one whose disk is full, or whose clock is off."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from typing import Any

from models import clock
from models.backoff import Backoff
from models.database import drivers
from models.lifecycle import crash_count
from workers.attempts import outcome
from workers.drill.faults import CLOCK_VARIABLE, FULL_VARIABLE

#: How long a step waits for room in a drill.
_ROOM_DELAY_S = 1.0


def hurry() -> None:
    """Have steps that crash start again soon: a drill has many crashes in a row."""
    crash_count.BACKOFF = Backoff(first_s=0.1, longest_s=0.5, jitter=crash_count.JITTER)


def distort(environ: Mapping[str, str]) -> None:
    """Do to this process what the drill asked for; called before it opens anything."""
    if pages := environ.get(FULL_VARIABLE):
        _fill_disk(int(pages))
    if apart_s := environ.get(CLOCK_VARIABLE):
        _set_clock(float(apart_s))


def _fill_disk(pages: int) -> None:
    """Let SQLite's file have no more than so many pages: then it says that the disk is full."""
    real = drivers._sqlite

    def full(path: str, busy_timeout_s: float) -> Any:
        database = real(path, busy_timeout_s)
        database._pragmas.append(("max_page_count", pages))
        return database

    drivers._sqlite = full
    outcome.FULL_DISK_DELAY_S = _ROOM_DELAY_S


def _set_clock(apart_s: float) -> None:
    """Set this process's clock off by so many seconds, half of the processes the other way."""
    off_s = apart_s if os.getpid() % 2 else -apart_s
    clock.wall_s = lambda: time.time() + off_s
