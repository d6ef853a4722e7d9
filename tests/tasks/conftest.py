"""A database of its own for each test of the steps."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from peewee import SqliteDatabase

from models.tables.machinery import MACHINERY_TABLES, proxy
from models.tables.results import PROVENANCE_TABLES
from tests.support.step_fakes import World, new_world


@pytest.fixture
def database(tmp_path: Path) -> Iterator[SqliteDatabase]:
    """An empty database that the tables are bound to."""
    bound_before = proxy.obj
    database = SqliteDatabase(str(tmp_path / "scout.db"), pragmas={"foreign_keys": 1})
    proxy.initialize(database)
    database.create_tables(MACHINERY_TABLES + PROVENANCE_TABLES)
    yield database
    database.close()
    proxy.initialize(bound_before)


@pytest.fixture
def world(database: SqliteDatabase) -> World:
    """A run whose search finds five repositories on three pages."""
    world = new_world()
    world.github.results = {"vector database": ["a/one", "b/two", "c/three", "d/four", "e/five"]}
    return world
