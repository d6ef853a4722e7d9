"""Runs without a language model over fake sources."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.step_fakes import MakeWorld, World, new_world


@pytest.fixture
def landscape(database: object) -> MakeWorld:
    """Make runs without a language model; their search finds `names`."""

    def make(run_id: str = "RUN1", names: list[str] | None = None, **args: Any) -> World:
        found = names if names is not None else [f"o/repo-{number}" for number in range(40)]
        world = new_world(run_id, **({"no_llm": True, "top": 40} | args))
        world.github.page_size = 100
        world.github.results = {"vector database": found}
        return world

    return make
