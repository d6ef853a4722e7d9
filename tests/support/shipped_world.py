"""The shipped world, and a copy of it that a test may break."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import fixtures
from tasks.sources.fixtures.source import FixtureGitHub, FixtureModel


@pytest.fixture(scope="session")
def shipped() -> Path:
    return Path(fixtures.__file__).parent


@pytest.fixture
def world(shipped: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(shipped, tmp_path / "world"))


@pytest.fixture
def github(shipped: Path) -> FixtureGitHub:
    return FixtureGitHub(shipped)


@pytest.fixture
def model(shipped: Path) -> FixtureModel:
    return FixtureModel(shipped)
