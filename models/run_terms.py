"""What is agreed for a run beside its arguments, which say what it does."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from msgspec import Struct

from models.pool import Pool
from models.priority import Priority


class RunTerms(Struct, frozen=True, kw_only=True):
    """How a run is called, what makes it one, how long it has, and when its turn is.

    Attributes:
        tags: Names with values, from `models.tags.read_tags`.
        key: Of two runs with the same key only the first is made.
        deadline_at: When it is failed if it has not ended by then, as it is stored.
        priority: Which run goes first where several wait for workers; None where nobody said.
        pool: How many runs of the same pool are at work at a time; None where nobody said.
    """

    tags: Mapping[str, str] = MappingProxyType({})
    key: str | None = None
    deadline_at: str | None = None
    priority: Priority | None = None
    pool: Pool | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return what was agreed as JSON-like data, without what was not."""
        found = {
            "tags": dict(self.tags),
            "key": self.key,
            "deadline_at": self.deadline_at,
            "priority": self.priority.word if self.priority else None,
            "pool": self.pool.name if self.pool else None,
        }
        return {name: value for name, value in found.items() if value}


#: Nothing beside the arguments.
NO_TERMS = RunTerms()
