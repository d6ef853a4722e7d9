"""The program's own modules as text and as trees, for tests that read code: each is read once."""

from __future__ import annotations

import ast
import gc
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from tests.support.processes import ROOT

#: The packages that hold code; fixtures are data.
CODE = ("cli", "workers", "tasks", "models")


@cache
def modules(*packages: str) -> list[Path]:
    """Return the modules of packages, or of all that hold code, in the order of their paths."""
    return sorted(path for name in packages or CODE for path in (ROOT / name).rglob("*.py"))


@cache
def text_of(path: Path) -> str:
    """Return a module's text."""
    return path.read_text()


@cache
def tree_of(path: Path) -> ast.Module:
    """Return a module parsed; for all of them that takes a while, so never while tests load.

    Of its many nodes none is garbage: no collection need visit them, now or later.
    """
    gc.disable()
    try:
        return ast.parse(text_of(path))
    finally:
        gc.freeze()
        gc.enable()


@cache
def trees() -> Mapping[Path, ast.Module]:
    """Return all modules that hold code, parsed."""
    return {path: tree_of(path) for path in modules()}
