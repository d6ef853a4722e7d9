"""Which proxy the environment names, and that none stands between Scout and its own machine."""

from __future__ import annotations

import pytest

from tasks.sources.http.proxy import proxy_for

PROXY = "http://proxy.example:3128"


@pytest.fixture(autouse=True)
def _only_these(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def test_without_one_in_the_environment_there_is_none() -> None:
    assert proxy_for("https://api.example/v1") is None


@pytest.mark.parametrize("name", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"])
def test_a_server_elsewhere_is_asked_through_it(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "proxy.example:3128")
    assert proxy_for("https://api.example/v1") == PROXY


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:11434/v1",
        "http://127.0.0.1:8000",
        "http://[::1]:1/v1",
        "https://127.9.9.9",
    ],
)
def test_loopback_is_never_asked_through_one(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, PROXY)
    assert proxy_for(url) is None


@pytest.mark.parametrize("value", ["example", "api.example", "*", "other, .example"])
def test_no_proxy_names_those_that_are_asked_without(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", PROXY)
    monkeypatch.setenv("NO_PROXY", value)
    assert proxy_for("https://api.example/v1") is None
    assert proxy_for("https://elsewhere.test/v1") == (None if value == "*" else PROXY)
