"""A database of its own for each test of the steps."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from peewee import SqliteDatabase

from tests.support.brief_fakes import bound_database
from tests.support.step_fakes import NAMES, World, new_world


@pytest.fixture
def database(tmp_path: Path) -> Iterator[SqliteDatabase]:
    """An empty database that the tables are bound to."""
    with bound_database(tmp_path) as database:
        yield database


@pytest.fixture
def world(database: SqliteDatabase) -> World:
    """A run whose search finds five repositories on three pages."""
    world = new_world()
    world.github.results = {"vector database": NAMES}
    return world
