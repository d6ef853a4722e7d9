"""Choosing a run's sources from its arguments."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.sources.interface import Embedder, NoModel, Sources

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from tasks.recorder import WaitRecorder


def sources_for(
    dry: bool,
    fixtures_dir: str | None = None,
    record: WaitRecorder | None = None,
    *,
    no_llm: bool = False,
    with_model: bool = True,
) -> Sources:
    """Return the sources that a run asked for.

    Fixtures may be shared by all steps; live sources belong to one step, whose waits they record.
    They read tokens from this process's environment when they are built.

    Args:
        dry: Whether the run reads fixtures and nothing else.
        fixtures_dir: A folder with a world of one's own, or None for the one that Scout ships.
        record: The recorder of the step that a live run's sources are for.
        no_llm: Whether the run works without a language model, and finds keywords itself.
        with_model: Whether any of its steps asks one; a run that only exports needs no key.

    Raises:
        ConfigError: A live source is not configured, or a library that the run needs is not
            installed.
        FixtureFolderError: `fixtures_dir` is no folder, or has no `manifest.json`.
        FixtureError: The manifest is malformed.
    """
    if no_llm:
        from tasks.text.extractor import extractor_name

        extractor_name()
    if not dry:
        return _live(record, with_model=with_model, no_llm=no_llm)
    from tasks.sources.fixtures.source import FixtureGitHub, FixtureModel

    root = _shipped_world() if fixtures_dir is None else _own_world(fixtures_dir)
    return Sources("fixtures", FixtureGitHub(root), FixtureModel(root))


def _live(record: WaitRecorder | None, *, with_model: bool, no_llm: bool) -> Sources:
    from tasks.sources.http.library import http_library

    http_library("A live run", "Add --dry to work on fixtures, or install it")
    from tasks.sources.github.rest import github_from_environ

    github = github_from_environ(record)
    embedder = _embedder(record) if with_model else None
    if no_llm or not with_model:
        return Sources("live", github, NoModel(), embedder)
    from tasks.sources.chat.model import model_from_environ

    return Sources("live", github, model_from_environ(record), embedder)


def _embedder(record: WaitRecorder | None) -> Embedder | None:
    """Return what turns texts into vectors; it needs no chat model."""
    from models.settings.chat import ChatSettings
    from models.settings.embedding import embed_settings

    settings = embed_settings()
    if settings is None:
        return None
    if isinstance(settings, ChatSettings):
        from tasks.sources.embeddings.endpoint import EndpointEmbedder

        return EndpointEmbedder(settings, record)
    from tasks.sources.embeddings.local import LocalEmbedder

    return LocalEmbedder(settings.folder)


def _shipped_world() -> Traversable:
    spec = find_spec("fixtures")
    folder = Path(str(spec.origin if spec else "")).parent
    if (folder / "manifest.json").is_file():
        return folder
    from importlib.resources import files  # out of an archive; it takes 4 ms to be loaded

    return files("fixtures")


def _own_world(fixtures_dir: str) -> Path:
    from tasks.sources.fixtures.files import FixtureFolderError

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
