"""Servers of the tests on loopback are asked directly, whatever proxy the machine has."""

from __future__ import annotations

import pytest

_PROXIES = ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")


def without_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the environment's proxies away for a test."""
    for name in _PROXIES:
        monkeypatch.delenv(name, raising=False)
