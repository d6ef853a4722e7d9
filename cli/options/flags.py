"""How an argument of a run is spelled on the command line."""

from __future__ import annotations

from collections.abc import Iterator
from shlex import quote
from typing import Any

from models.run_args import option_of


def typed(name: str, value: Any) -> Iterator[str]:
    """Yield an argument as it would be typed; one that holds several values is several."""
    if isinstance(value, (list, tuple)):
        yield from (f"{option_of(name)} {quote(str(one))}" for one in value)
    else:
        yield option_of(name) + ("" if value is True else f" {quote(str(value))}")
