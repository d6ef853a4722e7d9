"""Choosing a run's sources from its arguments."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from models.errors import ConfigError
from tasks.sources.interface import Sources

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable


def sources_for(dry: bool, fixtures_dir: str | None) -> Sources:
    """Return the sources that a run asked for.

    Args:
        dry: Whether the run reads fixtures and nothing else.
        fixtures_dir: A folder with a world of one's own, or None for the one that Scout ships.

    Raises:
        ConfigError: A live run was asked for, which this version cannot do.
        FixtureFolderError: `fixtures_dir` is no folder, or has no `manifest.json`.
        FixtureError: The manifest is malformed.
    """
    if not dry:
        raise ConfigError(
            "Live sources are not part of this version.", "Run with --dry to work on fixtures."
        )
    from tasks.sources.fixtures import FixtureGitHub, FixtureModel

    root = _shipped_world() if fixtures_dir is None else _own_world(fixtures_dir)
    return Sources("fixtures", FixtureGitHub(root), FixtureModel(root))


def _shipped_world() -> Traversable:
    from importlib.resources import files

    return files("fixtures")


def _own_world(fixtures_dir: str) -> Path:
    from tasks.sources.fixture_files import FixtureFolderError

    root = Path(fixtures_dir)
    if not root.is_dir():
        raise FixtureFolderError(
            f"--fixtures {fixtures_dir} is not a folder.",
            "Name a folder that holds manifest.json, or leave --fixtures out.",
        )
    if not (root / "manifest.json").is_file():
        raise FixtureFolderError(
            f"--fixtures {fixtures_dir} holds no manifest.json.",
            "Copy Scout's fixtures folder and change the copy; its README.md says how.",
        )
    return root
