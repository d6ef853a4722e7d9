"""Nothing in the code base can write to GitHub, and nobody else gets the token."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.errors import PermanentError
from models.settings.github import GitHubSettings
from tasks.sources.github.http import METHODS, GitHubHttp, shared_http
from tasks.sources.http.client import HttpClient
from tests.support.counterparts.github.contract import operations, violations
from tests.support.processes import ROOT
from tests.support.source_code import modules, text_of, tree_of

SOURCES = modules()
#: The room of the one client, and the module that posts to models by it.
CLIENT = ROOT / "tasks/sources/http"
TO_MODELS = ROOT / "tasks/sources/chat/http.py"
#: Who posts to somebody else than GitHub: to models, and to whoever is to be told of a run.
POSTING = {TO_MODELS, ROOT / "workers/notify/receivers.py"}
#: Answers Prometheus, and asks nobody.
SERVING = ROOT / "workers/metrics"
HTTP_LIBRARIES = {"httpx", "httpcore", "h11", "requests", "urllib3", "aiohttp", "openai"}
STANDARD = re.compile(
    r"http\.(client|server)\b|urllib\.request(\.(urlopen|Request|\w+Opener|build_opener))?\Z"
)
VERBS = {"post", "put", "patch", "delete", "options", "request", "send", "build_request"}


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def speakers() -> list[Path]:
    """Return the modules that can speak HTTP."""
    return [
        path
        for path in SOURCES
        if any(
            name.split(".")[0] in HTTP_LIBRARIES or STANDARD.match(name) for name in imports(path)
        )
    ]


def called_verbs(path: Path) -> set[str]:
    """Return the names of called methods that could send something else than GET."""
    called = [node for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call)]
    names = {node.func.attr for node in called if isinstance(node.func, ast.Attribute)}
    return names & VERBS


def exchanged(path: Path) -> list[object]:
    """Return the methods that are given to the client, which sends whatever it is told to."""
    if ".exchange(" not in text_of(path):
        return []
    return [
        ast.literal_eval(node.args[0])
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "exchange"
    ]


def test_one_room_speaks_http() -> None:
    """Everybody else goes through its client, which is told at its making what it may send."""
    assert {path.parent for path in speakers()} == {CLIENT, SERVING}


def test_of_the_modules_for_github_one_asks_and_only_to_read() -> None:
    asking = [path for path in SOURCES if "github" in path.parts and exchanged(path)]
    assert asking == [ROOT / "tasks/sources/github/http.py"]
    assert exchanged(asking[0]) == ["GET"]
    assert {"GET"} == METHODS


@pytest.mark.parametrize(
    "path", [path for path in SOURCES if exchanged(path)], ids=lambda path: path.name
)
def test_no_verb_but_get_is_known_where_github_is(path: Path) -> None:
    """Those that post know neither GitHub's address nor its token."""
    assert not called_verbs(path)
    if path in POSTING:
        assert exchanged(path) == ["POST"]
        assert not {name for name in imports(path) if "github" in name}
        assert "GITHUB" not in text_of(path)
    else:
        assert set(exchanged(path)) == {"GET"}


def test_the_client_itself_knows_no_server() -> None:
    for path in CLIENT.glob("*.py"):
        assert not called_verbs(path)
        assert "GITHUB" not in text_of(path)
        assert not {name for name in imports(path) if "github" in name}


def test_one_module_knows_where_github_is() -> None:
    named = {
        path.name for path in SOURCES if re.search(r"https?://api\.github\.com", text_of(path))
    }
    assert named == {"defaults.py"}


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "HEAD", "GRAPHQL"])
def test_the_client_itself_refuses_to_send_anything_else(method: str) -> None:
    """Even for code that reaches for the client inside: it is refused before a connection."""
    http = GitHubHttp(GitHubSettings("http://127.0.0.1:9", "a-token"))
    with pytest.raises(PermanentError, match=f"refused to send {method}"):
        http._client._client.request(method, "http://127.0.0.1:9/repos/a/b")
    http.close()


def test_the_client_itself_refuses_other_servers() -> None:
    http = GitHubHttp(GitHubSettings("http://127.0.0.1:9", "a-token"))
    for url in ("http://127.0.0.1:10/x", "https://127.0.0.1:9/x", "http://example.com/x"):
        with pytest.raises(PermanentError, match="refused to send GET"):
            http.get(url, {}, 10)
    http.close()


def test_the_excerpt_of_githubs_description_is_what_requests_are_held_against() -> None:
    """Every counterpart does so at its end; here is what it would find."""
    assert {one["path"] for one in operations()} == {
        "/rate_limit",
        "/repos/{owner}/{repo}",
        "/repos/{owner}/{repo}/community/profile",
        "/repos/{owner}/{repo}/dependency-graph/sbom",
        "/repos/{owner}/{repo}/readme",
        "/repos/{owner}/{repo}/releases/latest",
        "/repositories/{id}",
        "/repositories/{id}/readme",
        "/search/issues",
        "/search/repositories",
    }
    good = {"q": "a", "per_page": "100", "page": "2"}
    assert violations("GET", "/search/repositories", good) == []
    assert violations("GET", "/repositories/12/readme", {}) == []
    assert violations("POST", "/search/repositories", good)
    assert violations("GET", "/repos/a/b/contents", {})
    assert violations("GET", "/search/repositories", {"page": "1"}) == ["q is missing"]
    assert violations("GET", "/search/repositories", good | {"x": "1"})
    assert violations("GET", "/search/repositories", good | {"page": "one"})
    assert violations("GET", "/search/repositories", good | {"sort": "size"})
    assert violations("GET", "/search/repositories", good | {"per_page": "101"})


def test_steps_share_one_client() -> None:
    settings = GitHubSettings("http://127.0.0.1:9", "a-token")
    assert shared_http(settings) is shared_http(GitHubSettings("http://127.0.0.1:9", "a-token"))
    assert isinstance(shared_http(settings)._client, HttpClient)
    shared_http.cache_clear()
