"""Which model turns texts into vectors, and who gets which key."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.errors import ConfigError
from models.settings.chat import ChatSettings
from models.settings.embedding import LocalModel, embed_settings

LLM = {"SCOUT_LLM_BASE_URL": "https://llm.example/v1", "SCOUT_LLM_API_KEY": "llm-key"}


def endpoint(**environ: str) -> ChatSettings:
    found = embed_settings({"SCOUT_EMBED_MODEL": "m", **environ})
    assert isinstance(found, ChatSettings)
    return found


def test_without_a_model_there_is_none() -> None:
    assert embed_settings(LLM) is None
    assert embed_settings({"SCOUT_EMBED_MODEL": " ", "SCOUT_EMBED_BASE_URL": "not a URL"}) is None


def test_the_endpoint_and_its_key_are_those_of_the_language_model() -> None:
    found = endpoint(**LLM)
    assert (found.base_url, found.model, found.api_key) == (
        "https://llm.example/v1",
        "m",
        "llm-key",
    )
    same = endpoint(**LLM, SCOUT_EMBED_BASE_URL="https://llm.example/v1/")
    assert same.api_key == "llm-key"
    assert endpoint(OPENROUTER_API_KEY="or-key").is_openrouter
    assert "llm-key" not in repr(found)


def test_no_key_is_sent_to_another_endpoint() -> None:
    other = endpoint(**LLM, SCOUT_EMBED_BASE_URL="https://vectors.example/v1")
    assert other.api_key == ""
    own = endpoint(
        **LLM, SCOUT_EMBED_BASE_URL="https://vectors.example/v1", SCOUT_EMBED_API_KEY="own"
    )
    assert own.api_key == "own"
    openrouter = endpoint(
        **LLM, SCOUT_EMBED_BASE_URL="https://openrouter.ai/api/v1", OPENROUTER_API_KEY="or-key"
    )
    assert openrouter.api_key == "or-key"


def test_a_model_on_this_machine_needs_no_endpoint() -> None:
    assert embed_settings({"SCOUT_EMBED_MODEL": "local"}) == LocalModel()
    assert embed_settings({"SCOUT_EMBED_MODEL": "local:/a/b"}) == LocalModel(Path("/a/b"))
    assert endpoint(**LLM, SCOUT_EMBED_MODEL="local-model").model == "local-model"


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({}, "SCOUT_EMBED_MODEL is m, but no endpoint"),
        ({"SCOUT_EMBED_BASE_URL": "vectors.example"}, "SCOUT_EMBED_BASE_URL"),
        ({"SCOUT_LLM_BASE_URL": "llm.example"}, "SCOUT_LLM_BASE_URL"),
        (LLM | {"SCOUT_EMBED_API_KEY": "two words"}, "SCOUT_EMBED_API_KEY"),
        (
            {"SCOUT_EMBED_BASE_URL": "http://a.example/v1", "SCOUT_EMBED_API_KEY": "k"},
            "not encrypted",
        ),
    ],
)
def test_what_cannot_be_used_is_refused(environ: dict[str, str], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        endpoint(**environ)
