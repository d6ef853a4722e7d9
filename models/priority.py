"""How urgent a run is beside others that wait for the same workers."""

from __future__ import annotations

from enum import IntEnum


class Priority(IntEnum):
    """What `--priority` takes, by name; the greater number goes first."""

    LOW = -1
    NORMAL = 0
    HIGH = 1


#: The names, as a person types them.
NAMES = tuple(one.name.lower() for one in Priority)
