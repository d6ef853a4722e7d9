"""What the network and GitHub do when they are not well, and what Scout makes of it."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from models.database.connection import Database
from models.errors import ItemFailedError, PermanentError, TransientError
from models.settings.github import GitHubSettings
from tasks.sources.github import http as github_http
from tasks.sources.github.http import GitHubHttp
from tasks.sources.unreachable import UnreachableError
from tests.support.counterparts.github.faults import (
    CUT_OFF,
    GARBAGE,
    HTML,
    RESET,
    Fault,
    refusal,
    server_error,
)
from tests.support.github_step import TOKEN, Bench, bench

Call = Callable[[Any], Any]
CALLS: dict[str, Call] = {
    "search": lambda rest: rest.search_repositories("vector", 1),
    "repository": lambda rest: rest.repository("owner-1/vector-1"),
    "readme": lambda rest: rest.readme("owner-1/vector-1"),
    "rate_limits": lambda rest: rest.rate_limits(),
}


@pytest.fixture
def live(sqlite_database: Database) -> Iterator[Bench]:
    """A GitHub with five repositories."""
    with bench() as found:
        yield found


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize(
    "fault", [server_error(500), server_error(502), server_error(503), RESET, CUT_OFF], ids=repr
)
def test_what_may_pass_is_transient_and_passes(live: Bench, call: Call, fault: Fault) -> None:
    live.github.plan("/", fault)
    rest = live.rest()
    with pytest.raises(TransientError):
        call(rest)
    assert call(rest)


@pytest.mark.parametrize("call", [CALLS["search"], CALLS["repository"], CALLS["rate_limits"]])
@pytest.mark.parametrize("fault", [GARBAGE, HTML, Fault(body=b"[1]"), Fault(body=b"")], ids=repr)
def test_garbage_is_transient_and_is_not_stored(live: Bench, call: Call, fault: Fault) -> None:
    tagged = Fault(fault.status, {**fault.headers, "etag": '"x"'}, fault.body)
    live.github.plan("/", tagged)
    rest = live.rest()
    with pytest.raises(TransientError):
        call(rest)
    assert rest.counters()["cache_stored"] == 0
    assert call(rest)


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_success_without_an_answer_is_none_yet(live: Bench, call: Call) -> None:
    rest = live.rest()
    for status in (201, 202, 204, 206):
        live.github.plan("/", Fault(status))
        with pytest.raises(TransientError, match=f"HTTP {status}, which is no answer yet"):
            call(rest)
    assert call(rest)


def test_what_a_proxy_has_changed_on_the_way_is_an_answer(live: Bench) -> None:
    for status in (203, 226):
        live.github.plan("/readme", Fault(status, body=b"# Read me"))
        readme = live.rest().readme("owner-1/vector-1")
        assert readme is not None
        assert readme.content == b"# Read me"


@pytest.mark.parametrize("location", ["http://127.0.0.1:99999/", "http://[::1", "//evil.example/"])
def test_a_redirect_to_no_address_of_ours_loses_one_repository(live: Bench, location: str) -> None:
    live.github.plan("/repos", Fault(301, {"location": location}))
    with pytest.raises((ItemFailedError, TransientError)):
        live.rest().repository("owner-1/vector-1")


def test_deep_nesting_is_garbage_too(live: Bench) -> None:
    live.github.plan("/", Fault(body=b"[" * 100_000))
    with pytest.raises(TransientError):
        live.rest().repository("owner-1/vector-1")


def test_a_time_that_the_server_names_is_passed_on(live: Bench) -> None:
    live.github.plan("/", Fault(503, {"retry-after": "40"}))
    with pytest.raises(TransientError) as caught:
        live.rest().repository("owner-1/vector-1")
    assert caught.value.retry_after_s == 40.0


def test_a_server_that_is_not_there_is_transient(sqlite_database: Database) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        http = GitHubHttp(GitHubSettings(f"http://127.0.0.1:{taken.getsockname()[1]}", TOKEN))
        with pytest.raises(UnreachableError, match="ConnectError") as caught:
            http.get(f"{http.settings.base_url}/rate_limit", {}, 1000)
        assert f"GitHub at {http.settings.base_url} could not" in caught.value.message
        http.close()
    assert TOKEN not in str(caught.value)


def test_an_answer_that_trickles_in_is_cut_off_in_the_end(live: Bench) -> None:
    """The client's clock runs 25 s from one look to the next."""
    ticks = iter(range(0, 100_000, 25))
    http = GitHubHttp(live.http.settings, monotonic_s=lambda: float(next(ticks)))
    live.github.world.readmes["owner-1/vector-1"] = b"x" * 900_000
    with pytest.raises(TransientError, match=f"{github_http.BOUNDS.total_s:g} s"):
        http.get(f"{live.github.url}/repos/owner-1/vector-1/readme", {}, 1 << 20)
    http.close()


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_wrong_token_is_permanent_and_names_the_variable(live: Bench, call: Call) -> None:
    live.github.token = "another"
    with pytest.raises(PermanentError, match="GITHUB_TOKEN") as caught:
        call(live.rest())
    assert "Bad credentials" in caught.value.message


def test_a_403_without_signs_of_a_limit_is_permanent(live: Bench) -> None:
    live.github.plan("/", refusal(403, "Resource not accessible by personal access token"))
    with pytest.raises(PermanentError, match="not accessible"):
        live.rest().search_repositories("vector", 1)


@pytest.mark.parametrize("headers", [{}, {"x-github-sso": "required; url=https://x"}])
def test_a_403_for_one_repository_fails_that_one(live: Bench, headers: dict[str, str]) -> None:
    live.github.plan("/repos", refusal(403, "Resource protected by organization SAML", headers))
    with pytest.raises(ItemFailedError, match="SAML"):
        live.rest().readme("owner-1/vector-1")


def test_a_wrong_base_url_is_found_by_the_first_search(live: Bench) -> None:
    live.github.plan("/search", refusal(404, "Not Found"))
    with pytest.raises(PermanentError, match="SCOUT_GITHUB_URL"):
        live.rest().search_repositories("vector", 1)


class TestRedirects:
    """Followed on the same server only: the token never goes anywhere else."""

    @pytest.mark.parametrize(
        "target",
        [
            "https://evil.example/repositories/1",
            "http://127.0.0.1:1/repositories/1",
            "//evil.example/repositories/1",
            "http://user@127.0.0.1/x",
            "file:///etc/passwd",
        ],
    )
    @pytest.mark.parametrize("status", [301, 302, 307, 308])
    def test_another_server_is_never_asked(self, live: Bench, target: str, status: int) -> None:
        live.github.plan("/repos", Fault(status, {"location": target}))
        with pytest.raises(ItemFailedError, match="outside"):
            live.rest().repository("owner-1/vector-1")
        assert len(live.github.seen) == 1

    def test_another_counterpart_sees_no_token(self, live: Bench) -> None:
        with bench() as other:
            target = f"{other.github.url}/repos/owner-1/vector-1"
            live.github.plan("/repos", Fault(301, {"location": target}))
            with pytest.raises(ItemFailedError):
                live.rest().repository("owner-1/vector-1")
            assert other.github.seen == []

    def test_a_path_outside_the_api_is_not_asked(self, sqlite_database: Database) -> None:
        with bench(prefix="/api/v3") as live:
            live.github.plan("/search", Fault(302, {"location": "/login?return_to=x"}))
            with pytest.raises(PermanentError, match="SCOUT_GITHUB_URL"):
                live.rest().search_repositories("vector", 1)
            assert len(live.github.seen) == 1

    def test_a_circle_ends(self, live: Bench) -> None:
        here = f"{live.github.url}/repos/owner-1/vector-1"
        live.github.always("/repos", Fault(301, {"location": here}))
        with pytest.raises(ItemFailedError, match="again and again"):
            live.rest().repository("owner-1/vector-1")
        assert len(live.github.seen) == 4

    def test_no_location_is_a_failure_of_that_one(self, live: Bench) -> None:
        live.github.always("/repos", Fault(301))
        with pytest.raises(ItemFailedError):
            live.rest().repository("owner-1/vector-1")
