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
        priority: Which run goes first where several wait for workers.
    """

    tags: Mapping[str, str] = MappingProxyType({})
    key: str | None = None
    deadline_at: str | None = None
    priority: Priority = Priority.NORMAL


#: Nothing beside the arguments.
NO_TERMS = RunTerms()
