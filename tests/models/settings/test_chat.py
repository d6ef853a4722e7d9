"""Which model endpoint the environment names."""

from __future__ import annotations

from typing import Any

import pytest

from models.errors import ConfigError, ExitCode
from models.settings.chat import OPENROUTER_MODEL, OPENROUTER_URL, chat_settings
from models.settings.embedding import embed_settings
from models.settings.github import github_settings

KEY = "sk-or-v1-" + "a1" * 32


def test_without_key_and_address_the_three_ways_are_told() -> None:
    with pytest.raises(ConfigError) as caught:
        chat_settings({})
    hint = caught.value.hint
    for way in ("OPENROUTER_API_KEY", "SCOUT_LLM_BASE_URL", "Ollama"):
        assert way in hint
    assert caught.value.exit_code == ExitCode.DEPENDENCY


def test_a_key_alone_means_openrouter() -> None:
    settings = chat_settings({"OPENROUTER_API_KEY": KEY})
    assert (settings.base_url, settings.model) == (OPENROUTER_URL, OPENROUTER_MODEL)
    assert (settings.api_key, settings.is_openrouter) == (KEY, True)


def test_a_local_server_needs_no_key() -> None:
    settings = chat_settings(
        {"SCOUT_LLM_BASE_URL": "http://localhost:11434/v1/", "SCOUT_LLM_MODEL": "llama3.1"}
    )
    assert settings.base_url == "http://localhost:11434/v1"
    assert (settings.api_key, settings.is_openrouter) == ("", False)


@pytest.mark.parametrize(
    "url", ["https://llm.example.com/v1", "https://openrouter.ai.example.com/v1"]
)
def test_the_key_for_openrouter_goes_nowhere_else(url: str) -> None:
    environ = {
        "OPENROUTER_API_KEY": KEY,
        "SCOUT_LLM_BASE_URL": url,
        "SCOUT_LLM_MODEL": "m",
    }
    assert chat_settings(environ).api_key == ""
    assert chat_settings(environ | {"SCOUT_LLM_API_KEY": "own-key-1"}).api_key == "own-key-1"


def test_openrouter_by_its_address_takes_its_own_key() -> None:
    environ = {"OPENROUTER_API_KEY": KEY, "SCOUT_LLM_BASE_URL": OPENROUTER_URL}
    assert chat_settings(environ).api_key == KEY


def test_an_address_without_a_model_is_no_endpoint() -> None:
    with pytest.raises(ConfigError, match="SCOUT_LLM_MODEL is empty"):
        chat_settings({"SCOUT_LLM_BASE_URL": "http://localhost:1/v1"})


@pytest.mark.parametrize(
    "url", ["localhost:11434/v1", "ftp://x/v1", "http://[bad", "https://", "https://x/?a=b"]
)
def test_a_malformed_address_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="SCOUT_LLM_BASE_URL"):
        chat_settings({"SCOUT_LLM_BASE_URL": url, "SCOUT_LLM_MODEL": "m"})


def test_an_address_never_shows_its_password() -> None:
    environ = {"SCOUT_LLM_BASE_URL": "https://ann:hunter22@llm.example.com/v1"}
    settings = chat_settings(environ | {"SCOUT_LLM_MODEL": "m"})
    assert "hunter22" not in settings.label
    with pytest.raises(ConfigError) as caught:
        chat_settings(environ)
    assert "hunter22" not in str(caught.value)


@pytest.mark.parametrize("rest", ["u:pa/hunter22@x/v1", "u:12/hunter22@x/v1", "u:hunter22#@x/v1"])
@pytest.mark.parametrize("name", ["SCOUT_LLM_BASE_URL", "SCOUT_EMBED_BASE_URL", "SCOUT_GITHUB_URL"])
def test_an_address_that_its_password_tears_in_two_is_refused_and_not_shown(
    name: str, rest: str
) -> None:
    environ = {
        "SCOUT_LLM_BASE_URL": "http://localhost:1/v1",
        "SCOUT_LLM_MODEL": "m",
        "SCOUT_EMBED_MODEL": "m",
        name: f"https://{rest}",
    }
    read: dict[str, Any] = {
        "SCOUT_LLM_BASE_URL": chat_settings,
        "SCOUT_GITHUB_URL": github_settings,
    }
    with pytest.raises(ConfigError, match=f"{name} cannot be read") as caught:
        read.get(name, embed_settings)(environ)
    assert "hunter22" not in str(caught.value)


def test_a_key_that_no_header_can_carry_is_refused_and_not_shown() -> None:
    own = {"SCOUT_LLM_BASE_URL": "http://localhost:1/v1", "SCOUT_LLM_MODEL": "m"}
    for name, environ in (("OPENROUTER_API_KEY", {}), ("SCOUT_LLM_API_KEY", own)):
        with pytest.raises(ConfigError, match=f"^{name} is no key") as caught:
            chat_settings(environ | {name: "sk-or-v1 sëcret"})
        assert "sëcret" not in str(caught.value)


def test_the_key_is_in_no_representation() -> None:
    assert KEY not in repr(chat_settings({"OPENROUTER_API_KEY": KEY}))
