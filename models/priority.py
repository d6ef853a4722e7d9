"""How urgent a run is beside others that wait for the same workers."""

from __future__ import annotations

from enum import IntEnum


class Priority(IntEnum):
    """What `--priority` takes, by name; the greater number goes first."""

    LOW = -1
    NORMAL = 0
    HIGH = 1

    @property
    def word(self) -> str:
        """Return the name, as a person types it."""
        return self.name.lower()


#: The names, as a person types them.
NAMES = tuple(one.word for one in Priority)
