"""Every test of the command line has a database of its own, and a planted secret to keep."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cli.main import cli
from models.database import Database
from models.redaction import set_default_redactor
from models.schema import open_database
from models.settings import load_settings

SECRET = "ghp_" + "Zx9Kq7Lm2Np4Rs6Tv8Wy" + "1Bc3Df5Gh7Jk9M"


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Give the test an environment of its own, with a token in it."""
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


class Scout:
    """Calls `scout` in this process; the planted secret must never come out."""

    def __call__(self, *args: str) -> Result:
        """Return the result of a command."""
        result = CliRunner().invoke(cli, list(args), prog_name="scout")
        assert SECRET not in result.output
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    def json(self, *args: str) -> Any:
        """Return the data that a command with `--json` wrote."""
        result = self(*args, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)


@pytest.fixture
def scout() -> Scout:
    """Return what calls `scout`."""
    return Scout()
