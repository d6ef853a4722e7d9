"""Many warnings of one kind: the first few are shown, then how many more there were."""

from __future__ import annotations

from collections import Counter

from models.events import Event

#: Warnings of one event and step that are shown one by one.
SHOWN = 3
#: Longest line of a screen that is no terminal.
LINE_MAX_LENGTH = 200
#: With these a step's attempt is over; they are told one by one, as is what concerns the run.
_ENDINGS = (
    Event.STEP_FINISHED,
    Event.STEP_FAILED,
    Event.STEP_POSTPONED,
    Event.STEP_RETRYING,
    Event.STEP_INTERRUPTED,
)
_ALWAYS_SHOWN = ("step.", "run.")


class Flood:
    """Counts the warnings of a run, and holds back those that say the same again.

    Only what people see is held back: the audit log and JSON lines are complete.

    Args:
        run_id: The run, for the command that shows all of them.
    """

    def __init__(self, run_id: str) -> None:
        self._run_id = run_id
        self._counts: Counter[tuple[str, str]] = Counter()

    def lets_through(self, level: str, step: str | None, event: str) -> bool:
        """Count an event, and say whether a person should see its line."""
        if level not in {"WARNING", "ERROR"} or step is None or event.startswith(_ALWAYS_SHOWN):
            return True
        self._counts[step, event] += 1
        return self._counts[step, event] <= SHOWN

    def ended(self, step: str | None, event: str) -> list[str]:
        """Return what to say before the line of this event: how many were held back till then."""
        if event in _ENDINGS:
            return self._held_back(step)
        return self._held_back(None) if event.startswith("run.") else []

    def _held_back(self, step: str | None) -> list[str]:
        """Return a line per event of a step, or of all steps, and begin to count anew."""
        lines = []
        for (name, event), count in list(self._counts.items()):
            if step not in {None, name}:
                continue
            del self._counts[name, event]
            if count > SHOWN:
                more = f"{count - SHOWN:,} more like it ({event})"
                lines.append(f"… and {more}: scout logs {self._run_id} --step {name}")
        return lines
