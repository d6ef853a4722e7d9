"""A worker does many steps: they share the client of their endpoint and key."""

from __future__ import annotations

import os
import threading
from typing import Any

import pytest

from models.settings.chat import ChatSettings
from tasks.sources.chat.http import shared_chat_http
from tasks.sources.chat.model import ChatModel, model_from_environ
from tests.support.chat_requests import request
from tests.support.counterparts.llm import ChatServer
from tests.support.counterparts.llm.server import Server
from tests.support.waiting import DEADLINE_S

KEY = "local-" + "k3y" * 8


@pytest.fixture
def accepted(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Return the connections that endpoints accept from now on."""
    accepted: list[Any] = []
    accept = Server.process_request

    def note(server: Server, connection: Any, address: Any) -> None:
        accepted.append(address)
        accept(server, connection, address)

    monkeypatch.setattr(Server, "process_request", note)
    return accepted


def test_the_steps_of_a_process_use_one_connection(
    chat: ChatServer, accepted: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCOUT_LLM_BASE_URL", chat.url)
    monkeypatch.setenv("SCOUT_LLM_MODEL", "my-model")
    for _ in range(30):
        model_from_environ(None).analyse(request())
    assert (len(chat.asked), len(accepted)) == (30, 1)


def test_threads_of_many_steps_use_as_many_as_there_are_threads(
    chat: ChatServer, accepted: list[Any]
) -> None:
    settings = ChatSettings(chat.url, "m")
    for _ in range(5):
        model = ChatModel(settings)
        threads = [threading.Thread(target=model.analyse, args=(request(),)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(DEADLINE_S)
    assert len(chat.asked) == 20
    assert len(accepted) <= 4


def test_another_key_is_never_sent_over_the_same_client(chat: ChatServer) -> None:
    for key in (KEY, "another-key", KEY, ""):
        ChatModel(ChatSettings(chat.url, "m", key)).analyse(request())
    sent = [one.headers.get("authorization") for one in chat.asked]
    assert sent == [f"Bearer {KEY}", "Bearer another-key", f"Bearer {KEY}", None]


def test_a_forked_process_gets_a_client_of_its_own() -> None:
    settings = ChatSettings("http://127.0.0.1:1/v1", "m", KEY)
    mine = shared_chat_http(settings)
    pid = os.fork()
    if pid == 0:
        os._exit(0 if shared_chat_http(settings) is not mine else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert shared_chat_http(settings) is mine


def test_no_client_shows_its_key() -> None:
    http = shared_chat_http(ChatSettings("http://127.0.0.1:1/v1", "m", KEY))
    assert KEY not in repr([http, vars(http), vars(http._client), vars(http._client._client)])
