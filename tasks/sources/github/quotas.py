"""What GitHub allows and shows, as its documentation says: numbers, and nothing that uses them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

#: How long GitHub's windows are, in seconds.
WINDOW_S: Mapping[str, float] = MappingProxyType({"search": 60.0, "core": 3600.0})
#: How many requests a window has, by whether there is a token.
LIMITS: Mapping[bool, Mapping[str, int]] = MappingProxyType(
    {
        True: MappingProxyType({"search": 30, "core": 5000}),
        False: MappingProxyType({"search": 10, "core": 60}),
    }
)
#: Results on a page of a search, and those that it shows in all, however many there are.
PAGE_SIZE = 100
SEARCH_CEILING = 1000
