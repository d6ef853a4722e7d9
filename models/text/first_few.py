"""The first few of many names, and how many more there are."""

from __future__ import annotations

from collections.abc import Sequence

_MOST = 3


def first_few(names: Sequence[str]) -> str:
    """Return the first three names, with commas between them, and how many others there are."""
    more = len(names) - _MOST
    return ", ".join(names[:_MOST]) + (f" and {more} more" if more > 0 else "")
