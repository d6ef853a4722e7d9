"""What kind of failure it is when GitHub refuses, is away, or is something else."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from models.codes import Code
from models.database.connection import Database
from models.errors import ScoutError
from models.settings.github import GitHubSettings
from tasks.sources.github.http import GitHubHttp
from tests.support.counterparts.github.faults import (
    CUT_OFF,
    GARBAGE,
    RESET,
    Fault,
    refusal,
    server_error,
)
from tests.support.github_step import TOKEN, Bench, bench


@pytest.fixture
def live(sqlite_database: Database) -> Iterator[Bench]:
    """A GitHub with five repositories."""
    with bench() as found:
        yield found


def code_of(call: Callable[[], Any]) -> Code:
    """Return the code of what a call raises."""
    with pytest.raises(ScoutError) as caught:
        call()
    return caught.value.code


def test_a_refused_search(live: Bench) -> None:
    for fault, code in (
        (refusal(401, "Bad credentials"), Code.GITHUB_TOKEN_REFUSED),
        (refusal(403, "Resource not accessible by token"), Code.GITHUB_FORBIDDEN),
        (refusal(404, "Not Found"), Code.GITHUB_URL_WRONG),
        (refusal(422, "Validation Failed"), Code.GITHUB_QUERY_REFUSED),
        (refusal(418, "I am a teapot"), Code.GITHUB_REFUSED),
        (server_error(502), Code.GITHUB_AWAY),
        (RESET, Code.GITHUB_AWAY),
        (CUT_OFF, Code.GITHUB_AWAY),
        (Fault(304), Code.GITHUB_AWAY),
        (GARBAGE, Code.GITHUB_URL_WRONG),
        (Fault(body=b"[1]"), Code.GITHUB_URL_WRONG),
        (Fault(body=b'{"items": 3}'), Code.GITHUB_URL_WRONG),
        (Fault(302, {"location": "https://evil.example/"}), Code.GITHUB_URL_WRONG),
    ):
        live.github.plan("/search", fault)
        assert code_of(lambda: live.rest().search_repositories("vector", 1)) is code, fault


def test_one_repository_that_cannot_be_read(live: Bench) -> None:
    live.github.plan("/repos", refusal(403, "SAML", {"x-github-sso": "required"}))
    assert code_of(lambda: live.rest().readme("owner-1/vector-1")) is Code.GITHUB_FORBIDDEN
    live.github.world.overrides["owner-2/vector-2"] = {"stargazers_count": "many"}
    assert code_of(lambda: live.rest().repository("owner-2/vector-2")) is Code.GITHUB_URL_WRONG
    here = f"{live.github.url}/repos/owner-1/vector-1"
    live.github.always("/repos", Fault(301, {"location": here}))
    assert code_of(lambda: live.rest().repository("owner-1/vector-1")) is Code.GITHUB_URL_WRONG


def test_rate_limits_of_another_shape(live: Bench) -> None:
    live.github.plan("/rate_limit", Fault(body=b'{"resources": []}'))
    assert code_of(lambda: live.rest().rate_limits()) is Code.GITHUB_URL_WRONG


def test_nobody_is_there(sqlite_database: Database) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        http = GitHubHttp(GitHubSettings(f"http://127.0.0.1:{taken.getsockname()[1]}", TOKEN))
        url = f"{http.settings.base_url}/rate_limit"
        assert code_of(lambda: http.get(url, {}, 1000)) is Code.GITHUB_AWAY
        http.close()
