"""Every test of the command line has a database of its own, and a planted secret to keep."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.database.connection import Database
from models.database.migrate import open_database
from models.redaction import set_default_redactor
from models.settings.runtime import load_settings
from tests.support.cli import SECRET, Scout
from tests.support.live_cli import chat, github, live, quick
from tests.support.scout_process import leaks

__all__ = ["chat", "github", "live", "quick"]


@pytest.fixture(autouse=True)
def _environment(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    migrated_sqlite_file: Path,
) -> Iterator[None]:
    """Give the test an environment of its own, with a token and a database without runs in it.

    What the first command does that finds no database is tested with the mark `no_database`.
    """
    if request.node.get_closest_marker("no_database") is None:
        shutil.copy(migrated_sqlite_file, tmp_path / "scout.db")
    for name in ("SCOUT_BROKER_URL", "REDIS_URL", "DATABASE_URL", "SCOUT_DEBUG", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SCOUT_DATABASE_URL", f"sqlite:///{tmp_path / 'scout.db'}")
    monkeypatch.setenv("GITHUB_TOKEN", SECRET)
    monkeypatch.delenv("OPENROUTER_API_KEY", raising=False)
    set_default_redactor(None)
    yield
    set_default_redactor(None)


@pytest.fixture
def database() -> Iterator[Database]:
    """Open the test's database, so that runs can be built in it."""
    opened = open_database(load_settings())
    yield opened
    opened.close_thread()


@pytest.fixture
def nothing_leaks(tmp_path: Path, database: Database) -> Iterator[None]:
    """Look through every file for the token that stands in the environment."""
    yield
    assert leaks(tmp_path, SECRET) == []


@pytest.fixture
def scout() -> Scout:
    """Return what calls `scout`."""
    return Scout()
