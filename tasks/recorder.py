"""How a step's work is written down: what a worker gives to the step, and to its sources."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

from models.events import Event

T = TypeVar("T")


class Recorder(Protocol):
    """How a step writes: every write is fenced by the attempt's lease.

    Each method raises `LeaseLostError` once the attempt is no longer this worker's.
    """

    def save(self, work: Callable[[], T]) -> T:
        """Run `work` in a short write transaction that first checks that the step is still ours.

        It may run several times, where the database was away, so it must do nothing but read and
        write rows.

        Returns:
            What `work` returned.
        """

    def audit(
        self,
        event: Event,
        message: str,
        *,
        level: str = "",
        data: Mapping[str, Any] | None = None,
    ) -> None:
        """Write an audit row and a log line about this step; the level is the event's own."""

    def progress(self, done: int, total: int, what: str = "") -> None:
        """Say how many units of work are done; cheap enough to call for every unit.

        Args:
            done: Units that are done.
            total: All units of this phase.
            what: What is counted, in the plural: a step may count one thing after the other.
        """

    def checkpoint(self) -> None:
        """Call between units of work: raises when the step must stop here."""


class WaitRecorder(Recorder, Protocol):
    """A step's recorder that can also say what the step waits for, from any of its threads."""

    def waiting(self, text: str) -> None:
        """Let `text` stand beside the step's progress until there is more of that."""
