"""Regular expressions that are compiled when they are first used: a process needs few of many."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, cast

_METHODS = ("search", "match", "fullmatch", "finditer", "findall", "split", "sub")


class _LazyPattern:
    """Stands for a pattern, and takes its methods over once it has been compiled."""

    def __init__(self, expression: str | Callable[[], str], flags: int) -> None:
        self._expression = expression
        self._flags = flags

    def __getattr__(self, name: str) -> Any:  # asked only for what is not there yet
        if name not in _METHODS:
            raise AttributeError(name)
        expression = self._expression
        pattern = re.compile(
            expression if isinstance(expression, str) else expression(), self._flags
        )
        for method in _METHODS:
            setattr(self, method, getattr(pattern, method))
        return getattr(pattern, name)


def lazy(expression: str | Callable[[], str], flags: int = 0) -> re.Pattern[str]:
    """Return what searches as `re.compile(expression, flags)` does, and compiles at the first use.

    Compiling the patterns of all rules takes a process ten times as long as everything else that
    the redactor needs to start.

    Args:
        expression: The regular expression, or what makes it.
        flags: Flags of `re.compile`.
    """
    return cast("re.Pattern[str]", _LazyPattern(expression, flags))
