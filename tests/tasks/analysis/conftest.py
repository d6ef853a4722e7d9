"""A live run whose GitHub is a script and whose language model is an endpoint on loopback."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from msgspec.structs import replace

from models.settings.chat import ChatSettings
from tasks.sources.chat.model import ChatModel
from tasks.sources.chat.parameters import forget_dialects
from tasks.sources.interface import Sources
from tasks.units import retries
from tests.support.counterparts.llm import ChatServer, chat_server
from tests.support.no_proxy import without_proxy
from tests.support.step_fakes import NAMES, MakeWorld, World, new_world


@pytest.fixture
def chat(monkeypatch: pytest.MonkeyPatch) -> Iterator[ChatServer]:
    """An endpoint on loopback, and no long pauses between tries."""
    without_proxy(monkeypatch)
    monkeypatch.setattr(retries, "BACKOFF", replace(retries.BACKOFF, first_s=0.001))
    forget_dialects()
    with chat_server() as server:
        yield server


@pytest.fixture
def live(database: object, chat: ChatServer) -> MakeWorld:
    """Make live runs; their search finds `names`."""

    def make(run_id: str = "RUN1", names: list[str] | None = None, **args: Any) -> World:
        world = new_world(run_id, dry=False, **args)
        world.github.results = {"vector database": names or NAMES}
        model = ChatModel(ChatSettings(chat.url, "test-model", "local-k3y-0123"), world.recorder)
        world.sources = Sources("live", world.github, model)
        return world

    return make
