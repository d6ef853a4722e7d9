"""A GitHub and a model on loopback, for what screens say of live runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from tests.support.cli import SECRET, Scout
from tests.support.counterparts.github import Counterpart, World, running_github
from tests.support.counterparts.llm import ChatServer, chat_server
from tests.support.quick_waits import forget_endpoints, hurry_waits

LIVE = ("run", "--query", "vector", "--max-queries", "0", "--log-format", "text")


@pytest.fixture
def github() -> Iterator[Counterpart]:
    """Run a GitHub of ten repositories."""
    pytest.importorskip("httpx")
    with running_github(Counterpart(World(10), SECRET)) as server:
        yield server


@pytest.fixture
def chat() -> Iterator[ChatServer]:
    """Run a model that answers well."""
    with chat_server() as server:
        yield server


@pytest.fixture
def live(
    scout: Scout,
    github: Counterpart,
    chat: ChatServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., Result]:
    """Return what makes a live run against the two, in this process."""
    monkeypatch.setenv("SCOUT_GITHUB_URL", github.url)
    monkeypatch.setenv("SCOUT_LLM_BASE_URL", chat.url)
    monkeypatch.setenv("SCOUT_LLM_MODEL", "test-model")

    def run(*options: str) -> Result:
        return scout(*LIVE, "--out", str(tmp_path / "out"), *options)

    return run


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let waits take next to nothing, and what was learnt of endpoints be forgotten."""
    hurry_waits(monkeypatch)
    forget_endpoints()
    yield
    forget_endpoints()


def explained(scout: Scout, run: str = "last") -> dict[str, Any]:
    """Return the diagnosis of a run, having checked that the screen tells the same."""
    diagnosis: dict[str, Any] = scout.json("explain", run)["diagnosis"]
    screen = scout("explain", run).stdout
    assert diagnosis["what"] in screen
    assert all(text in screen for text in diagnosis["next"])
    assert diagnosis["next"]
    assert "{" not in " ".join(diagnosis["next"])
    return diagnosis
