"""Answers are cleaned of secrets before they are hashed, cached or stored."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.sources.github.http import GitHubAnswer
from tasks.sources.github.secrets import without_secrets

RAW = {"content-type": "application/vnd.github.raw+json; charset=utf-8"}
JSON = {"content-type": "application/json; charset=utf-8"}


def token() -> str:
    return "ghp_" + "a1B2c3" * 6


def cleaned(body: bytes, headers: dict[str, str] | None = None) -> bytes:
    return without_secrets(GitHubAnswer(200, "u", RAW if headers is None else headers, body)).body


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "utf-16", "utf-32"])
def test_a_token_in_a_readme_goes_and_the_rest_stays(encoding: str) -> None:
    text = f"# Größe\n\nexport GITHUB_TOKEN={token()}\n\nUse it.\n"
    left = cleaned(text.encode(encoding))
    assert left.decode(encoding) == text.replace(token(), "[REDACTED]")


def test_our_own_secrets_go_whatever_they_look_like(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = "correct-horse-" + "battery-staple-77"
    monkeypatch.setenv("TEST_SERVICE_PASSWORD", secret)
    assert secret.encode() not in cleaned(f"Look: {secret}!".encode())
    page = json.dumps({"items": [{"description": f"has {secret}"}]}).encode()
    assert secret.encode() not in cleaned(page, JSON)


def test_a_page_of_results_stays_the_json_that_it_was() -> None:
    items = [{"full_name": "a/b", "description": f"with {token()}", "stargazers_count": 3}]
    left = json.loads(cleaned(json.dumps({"total_count": 1, "items": items}).encode(), JSON))
    assert left == {
        "total_count": 1,
        "items": [{"full_name": "a/b", "description": "with [REDACTED]", "stargazers_count": 3}],
    }


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"# Plain\n",
        b'{"a":  1}',
        b"\xff\xfe",
        b"\xff\xfeA",
        b"\x00\x01\x02",
        "日本語\n".encode(),
    ],
)
@pytest.mark.parametrize("headers", [RAW, JSON, {}])
def test_what_holds_no_secret_comes_back_byte_for_byte(
    body: bytes, headers: dict[str, str]
) -> None:
    answer = GitHubAnswer(200, "u", headers, body)
    assert without_secrets(answer) is answer


@given(st.binary(max_size=200))
def test_no_bytes_are_too_strange(body: bytes) -> None:
    for headers in (RAW, JSON):
        assert isinstance(cleaned(body, headers), bytes)


def test_a_header_that_sends_the_token_back_is_cleaned() -> None:
    answer = GitHubAnswer(200, "u", {**RAW, "link": f'<https://x/?t={token()}>; rel="next"'}, b"")
    assert token() not in without_secrets(answer).headers["link"]


@pytest.mark.parametrize("name", ["token", "jwt", "secrets", "password"])
def test_two_topics_are_no_name_with_its_value(name: str) -> None:
    item = {"full_name": "a/b", "description": f"with {token()}", "topics": [name, "argon2"]}
    for body in ({"total_count": 1, "items": [item, item]}, item):
        left = json.loads(cleaned(json.dumps(body).encode(), JSON))
        one = left["items"][1] if "items" in left else left
        assert one["topics"] == [name, "argon2"]
        assert one["description"] == "with [REDACTED]"


def test_a_token_among_topics_goes_all_the_same() -> None:
    left = json.loads(cleaned(json.dumps({"topics": ["ann", token()]}).encode(), JSON))
    assert left == {"topics": ["ann", "[REDACTED]"]}
