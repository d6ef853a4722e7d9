"""The shipped world, and a copy of it that a test may break."""

from __future__ import annotations

from tests.support.shipped_world import github, model, shipped, world

__all__ = ["github", "model", "shipped", "world"]
