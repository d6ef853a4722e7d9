"""The ten canonical steps and their bodies. Importing this module imports none of them."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from models.steps import STEP_NAMES

if TYPE_CHECKING:
    from tasks.step import Step, StepContext


def _lazy(name: str) -> Step:
    def run(context: StepContext) -> Mapping[str, Any]:
        stats: Mapping[str, Any] = import_module(f"tasks.steps.{name}").run(context)
        return stats

    run.__name__ = run.__qualname__ = name
    return run


#: Step name to body, in canonical order; each body lives in the module of its name.
CHAIN: Mapping[str, Step] = MappingProxyType({name: _lazy(name) for name in STEP_NAMES})


def step_named(name: str) -> Step:
    """Return the body of a canonical step.

    Raises:
        KeyError: No step has that name.
    """
    return CHAIN[name]
