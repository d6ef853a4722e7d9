"""A model endpoint on loopback of which nothing is known yet."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.counterparts.llm import ChatServer, chat_server
from tests.support.no_proxy import without_proxy
from tests.support.quick_waits import forget_endpoints


@pytest.fixture
def chat(monkeypatch: pytest.MonkeyPatch) -> Iterator[ChatServer]:
    """Run an endpoint that answers well."""
    without_proxy(monkeypatch)
    forget_endpoints()
    with chat_server() as server:
        yield server
