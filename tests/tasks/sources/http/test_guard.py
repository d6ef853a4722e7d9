"""Which addresses belong to a server."""

from __future__ import annotations

import pytest

from tasks.sources.http.guard import is_within


@pytest.mark.parametrize(
    ("url", "within"),
    [
        ("https://host/api/v3/repos/a/b", True),
        ("https://host/api/v3/", True),
        ("https://HOST:443/api/v3/repos", True),
        ("https://host/api/v3x/repos", False),
        ("https://host/api", False),
        ("https://host/api/v3/../../login", False),
        ("https://host:444/api/v3/repos", False),
        ("https://host:80/api/v3/repos", False),
        ("http://host/api/v3/repos", False),
        ("https://user@host/api/v3/repos", False),
        ("https://host.evil.example/api/v3/repos", False),
        ("https://evil.example/https://host/api/v3/repos", False),
        ("", False),
        ("https://host:99999/api/v3/repos", False),
        ("https://[::1/api/v3/repos", False),
    ],
)
def test_what_belongs_to_a_server_is_decided_strictly(url: str, within: bool) -> None:
    assert is_within(url, "https://host/api/v3") is within
