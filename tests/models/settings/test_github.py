"""Which GitHub, and as whom: what the environment may say."""

from __future__ import annotations

import pytest

from models.errors import ConfigError
from models.settings.github import GitHubSettings, github_settings

TOKEN = "a-token-that-nobody-has"


def test_the_default_is_github_itself_without_a_token() -> None:
    assert github_settings({}) == GitHubSettings("https://api.github.com", None)
    assert github_settings({"SCOUT_GITHUB_URL": " ", "GITHUB_TOKEN": ""}) == GitHubSettings()


@pytest.mark.parametrize(
    ("url", "base_url"),
    [
        ("https://github.example.com/api/v3", "https://github.example.com/api/v3"),
        ("https://github.example.com/api/v3/", "https://github.example.com/api/v3"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("http://localhost", "http://localhost"),
    ],
)
def test_another_server_may_be_named(url: str, base_url: str) -> None:
    assert github_settings({"SCOUT_GITHUB_URL": url}).base_url == base_url


@pytest.mark.parametrize(
    "url",
    [
        "api.github.com",
        "ftp://api.github.com",
        "https://",
        "https://host:port",
        "https://[",
        "https://host/a b",
        "https://host/?a=b",
        "https://host/#a",
        "https://hóst",
        "http://github.example.com",
    ],
)
def test_what_is_no_server_is_refused_by_name(url: str) -> None:
    with pytest.raises(ConfigError, match="SCOUT_GITHUB_URL"):
        github_settings({"SCOUT_GITHUB_URL": url})


def test_credentials_in_the_url_are_refused_and_not_shown() -> None:
    with pytest.raises(ConfigError) as caught:
        github_settings({"SCOUT_GITHUB_URL": "https://me:hunter22@host"})
    assert "hunter22" not in str(caught.value)


@pytest.mark.parametrize("token", ["two words", "a\nb", "tökén", "a\x00b"])
def test_a_token_that_cannot_be_one_is_refused_and_not_shown(token: str) -> None:
    with pytest.raises(ConfigError, match="GITHUB_TOKEN") as caught:
        github_settings({"GITHUB_TOKEN": token})
    assert token not in str(caught.value)


def test_the_end_of_a_line_does_not_hurt_a_token() -> None:
    assert github_settings({"GITHUB_TOKEN": f"{TOKEN}\n"}).token == TOKEN


def test_no_text_of_the_settings_holds_the_token() -> None:
    settings = GitHubSettings(token=TOKEN)
    assert TOKEN not in repr(settings)
    assert TOKEN not in settings.identity


def test_the_identity_tells_tokens_and_servers_apart() -> None:
    same = GitHubSettings(token=TOKEN).identity
    others = {
        GitHubSettings(token="another").identity,
        GitHubSettings().identity,
        GitHubSettings("https://github.example.com/api/v3", TOKEN).identity,
    }
    assert GitHubSettings(token=TOKEN).identity == same
    assert len(others | {same}) == 4


@pytest.mark.parametrize(
    ("api", "web"),
    [
        ("https://api.github.com", "https://github.com"),
        ("https://api.acme.ghe.com", "https://acme.ghe.com"),
        ("https://git.acme.example/api/v3", "https://git.acme.example"),
        ("https://api.acme.example/api/v3/", "https://api.acme.example"),
        ("https://acme.example:8443/git/api/v3", "https://acme.example:8443/git"),
        ("http://127.0.0.1:9000", "http://127.0.0.1:9000"),
        ("https://acme.example/a)b", "https://acme.example/a%29b"),
    ],
)
def test_links_lead_to_the_pages_of_the_server_that_was_read(api: str, web: str) -> None:
    assert github_settings({"SCOUT_GITHUB_URL": api}).web_url == web
