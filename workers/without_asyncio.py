"""Dramatiq without asyncio, which it imports for asynchronous actors; Scout has none.

Asyncio takes a dry run a thirtieth of its time.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

_NAME = "asyncio"


class _Later(ModuleType):
    """Stands for a module until somebody asks for something in it."""

    def __getattr__(self, name: str) -> Any:  # asked only for what is not there
        _step_aside(self)
        return getattr(import_module(_NAME), name)


def import_dramatiq() -> None:
    """Import Dramatiq; what it does with asyncio works as ever, and loads it at the first use."""
    if _NAME in sys.modules or "dramatiq" in sys.modules:
        return
    later = sys.modules[_NAME] = _Later(_NAME)
    try:
        import_module("dramatiq")
    finally:
        _step_aside(later)


def _step_aside(later: _Later) -> None:
    """Make room for the real module, where it has not been imported yet."""
    if sys.modules.get(_NAME) is later:
        del sys.modules[_NAME]
