"""What is said about one kind of failure."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from models.events import Event


class Explanation(Struct, frozen=True):
    """A kind of failure in words for people; `{run}` and `{step}` are to be filled in.

    Args:
        what: What happened, in one sentence.
        causes: What usually brings it about.
        todo: What to do: commands and one-line advice, in order.
        meaning: What it means for the run and its results; may be empty.
        events: Audit events whose messages are evidence.
        sets: Whether a setting is to be changed, which workers read when they start.
    """

    what: str
    causes: str
    todo: tuple[str, ...]
    meaning: str = ""
    events: tuple[Event, ...] = ()
    sets: bool = False

    def about(self, run: str, step: str) -> Explanation:
        """Return it with the names of a run and a step filled in."""

        def filled(text: str) -> str:
            return text.replace("{run}", run).replace("{step}", step)

        return replace(
            self,
            what=filled(self.what),
            causes=filled(self.causes),
            meaning=filled(self.meaning),
            todo=tuple(filled(text) for text in self.todo),
        )
