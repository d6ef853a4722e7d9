"""How an argument of a run is spelled on the command line."""

from __future__ import annotations

from collections.abc import Iterator
from shlex import quote
from typing import Any

#: One value each, given again for more.
_REPEATED = {"formats": "format"}


def flag(name: str) -> str:
    """Return the option of an argument of `RunArgs`, such as `--max-briefs`."""
    return "--" + _REPEATED.get(name, name).replace("_", "-")


def typed(name: str, value: Any) -> Iterator[str]:
    """Yield an argument as it would be typed; one that holds several values is several."""
    if isinstance(value, (list, tuple)):
        yield from (f"{flag(name)} {quote(str(one))}" for one in value)
    else:
        yield flag(name) + ("" if value is True else f" {quote(str(value))}")
