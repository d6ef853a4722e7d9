from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from peewee import SqliteDatabase

from tests.support.brief_fakes import bound_database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[SqliteDatabase]:
    with bound_database(tmp_path) as database:
        yield database
