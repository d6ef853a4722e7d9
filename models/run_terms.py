"""What is agreed for a run beside its arguments, which say what it does."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Struct

from models.priority import Priority


class RunTerms(Struct, frozen=True, kw_only=True):
    """How a run is called, what makes it one, how long it has, and how urgent it is.

    Attributes:
        tags: Names with values, from `models.tags.read_tags`.
        key: Of two runs with the same key only the first is made.
        deadline_at: When it is failed if it has not ended by then, as it is stored.
        priority: Which run goes first where several wait for workers; None where nobody said.
    """

    tags: Mapping[str, str] = MappingProxyType({})
    key: str | None = None
    deadline_at: str | None = None
    priority: Priority | None = None

    def priority_after(self, parent: Priority) -> Priority:
        """Return the priority of a run that is made from another one."""
        return parent if self.priority is None else self.priority


#: Nothing beside the arguments.
NO_TERMS = RunTerms()
