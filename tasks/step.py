"""What a step is, and what it gets to work with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from models.clock import Clock
from models.events import Event
from models.run_args import RunArgs
from tasks.sources.interface import Sources


class Recorder(Protocol):
    """How a step writes: every write is fenced by the attempt's lease.

    Each method raises `LeaseLostError` once the attempt is no longer this worker's.
    """

    def saving(self) -> AbstractContextManager[None]:
        """Return a short write transaction that first checks that the step is still ours."""

    def audit(
        self,
        event: Event,
        message: str,
        *,
        level: str = "",
        data: Mapping[str, Any] | None = None,
    ) -> None:
        """Write an audit row and a log line about this step; the level is the event's own."""

    def progress(self, done: int, total: int) -> None:
        """Say how many units of work are done; cheap enough to call for every unit."""

    def checkpoint(self) -> None:
        """Call between units of work: raises when the step must stop here."""


@dataclass(frozen=True, slots=True)
class StepContext:
    """Everything a step may use. It reads the tables with Peewee and writes inside `saving()`."""

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
