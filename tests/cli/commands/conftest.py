"""A finished dry run of the real chain, made once and copied for every test."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.database.connection import Database
from models.database.migrate import open_database
from models.settings.runtime import load_settings
from tests.support.databases import copy_database
from tests.support.scout_process import only_run, scout

_NO_SERVERS = {"SCOUT_BROKER_URL": "", "REDIS_URL": "", "DATABASE_URL": ""}


@pytest.fixture(scope="session")
def finished_world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the database, the export and the log file of one run."""
    folder = tmp_path_factory.mktemp("parent")
    done = scout(
        *("run", "--dry", "--query", "vector database", "--out", str(folder / "out")),
        SCOUT_DATABASE_URL=f"sqlite:///{folder / 'scout.db'}",
        SCOUT_LOG_FILE=str(folder / "log.jsonl"),
        **_NO_SERVERS,
    )
    assert done.code == 0, done.err
    return folder


@pytest.fixture
def opened(finished_world: Path, tmp_path: Path) -> Iterator[Database]:
    """Open the test's own copy of that database."""
    copy_database(finished_world / "scout.db", tmp_path / "scout.db")
    database = open_database(load_settings())
    yield database
    database.close_thread()


@pytest.fixture
def parent(opened: Database) -> str:
    """Return the id of the run in the test's database."""
    return only_run()


@pytest.fixture
def log_file(finished_world: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Say that the lines of that run are in this log file."""
    path = finished_world / "log.jsonl"
    monkeypatch.setitem(os.environ, "SCOUT_LOG_FILE", str(path))
    return path


@pytest.fixture
def out(tmp_path: Path) -> str:
    """Return a folder for exports that does not exist yet."""
    return str(tmp_path / "out")
