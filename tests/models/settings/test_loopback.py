"""Keys are sent unencrypted to this machine only."""

from __future__ import annotations

import pytest

from models.errors import ConfigError
from models.settings.chat import chat_settings
from models.settings.loopback import gives_away, is_loopback

KEY = "local-" + "k3y" * 8


@pytest.mark.parametrize(
    ("host", "own"),
    [
        ("localhost", True),
        ("LOCALHOST", True),
        ("127.0.0.1", True),
        ("127.255.0.9", True),
        ("::1", True),
        ("0.0.0.0", False),  # noqa: S104 - an example
        ("127.0.0.1.evil.example", False),
        ("localhost.evil.example", False),
        ("192.168.1.2", False),
        ("::ffff:8.8.8.8", False),
        ("", False),
    ],
)
def test_loopback_is_decided_by_the_name_alone(host: str, own: bool) -> None:
    assert is_loopback(host) is own


def test_what_is_encrypted_or_stays_here_may_be_secret() -> None:
    for url in ("https://api.example/v1", "http://localhost:11434/v1", "http://[::1]:1/v1"):
        assert not gives_away(url)


@pytest.mark.parametrize("url", ["http://api.example/v1", "http://u:pass-word@10.0.0.1/v1"])
def test_a_key_over_plain_http_is_refused(url: str) -> None:
    environ = {"SCOUT_LLM_BASE_URL": url, "SCOUT_LLM_MODEL": "m", "SCOUT_LLM_API_KEY": KEY}
    for key in {KEY, "" if "@" in url else KEY}:
        with pytest.raises(ConfigError, match=r"SCOUT_LLM_BASE_URL .* give the key away") as caught:
            chat_settings(environ | {"SCOUT_LLM_API_KEY": key})
        assert KEY not in str(caught.value)
        assert "pass-word" not in str(caught.value)
    assert chat_settings(environ | {"SCOUT_LLM_BASE_URL": "https://api.example/v1"}).api_key == KEY


def test_without_a_key_a_server_in_the_own_network_may_be_asked() -> None:
    environ = {"SCOUT_LLM_BASE_URL": "http://10.0.0.1:11434/v1", "SCOUT_LLM_MODEL": "m"}
    assert chat_settings(environ).base_url == "http://10.0.0.1:11434/v1"


def test_openrouters_key_is_not_sent_unencrypted_either() -> None:
    environ = {"SCOUT_LLM_BASE_URL": "http://openrouter.ai/api/v1", "OPENROUTER_API_KEY": KEY}
    with pytest.raises(ConfigError, match="give the key away"):
        chat_settings(environ)
