"""What a step is, and what it gets to work with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from models.clock import Clock
from models.run_args import RunArgs
from tasks.recorder import Recorder
from tasks.sources.interface import Sources


class StepContext(Struct, frozen=True):
    """Everything a step may use: it reads the tables with Peewee, and writes by `record.save`."""

    run_id: str
    step_id: str
    attempt: int
    args: RunArgs
    sources: Sources
    record: Recorder
    clock: Clock

    def now_iso(self) -> str:
        """Return the time as it is stored."""
        return self.clock.now_iso()


#: A step's body: does the work, saves as it goes, and returns its stats (JSON-like, deterministic
#: in a dry run: counts and digests, no times or durations).
Step = Callable[[StepContext], Mapping[str, Any]]
