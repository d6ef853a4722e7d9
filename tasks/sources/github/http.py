"""Sending one request to GitHub. There is no way to send another one than GET, or elsewhere."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import httpx

from models.errors import PermanentError, TransientError
from models.settings.github import GitHubSettings
from models.settings.urls import without_credentials
from models.version import __version__
from tasks.sources.unreachable import UnreachableError

API_VERSION = "2022-11-28"
TIMEOUT = httpx.Timeout(30.0, connect=10.0, pool=60.0)
#: A server that sends a byte now and then is cut off after this long.
TOTAL_TIMEOUT_S = 60.0
MAX_CONNECTIONS = 64

# It logs every request at INFO, which Scout's own records already tell.
logging.getLogger("httpx").setLevel(logging.WARNING)


@dataclass(frozen=True, slots=True)
class GitHubAnswer:
    """What GitHub answered: `headers` by lower-case name, `truncated` where `body` was cut."""

    status: int
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    truncated: bool = False


class GitHubHttp:
    """Reads from one GitHub. It is safe to share between threads, and knows no step.

    Args:
        settings: The server and the token.
        monotonic_s: The clock that bounds a request.
    """

    def __init__(
        self, settings: GitHubSettings, monotonic_s: Callable[[], float] = time.monotonic
    ) -> None:
        self.settings = settings
        self._label = without_credentials(settings.base_url)
        self._monotonic_s = monotonic_s
        headers = {"User-Agent": f"scout/{__version__}", "X-GitHub-Api-Version": API_VERSION}
        if settings.token:
            headers["Authorization"] = f"Bearer {settings.token}"
        self._client = httpx.Client(
            headers=headers,
            timeout=TIMEOUT,
            limits=httpx.Limits(max_connections=MAX_CONNECTIONS),
            follow_redirects=False,
            event_hooks={"request": [self._refuse_all_but_reading]},
        )

    def get(self, url: str, headers: Mapping[str, str], max_bytes: int) -> GitHubAnswer:
        """Return what GitHub answers, redirects and errors too.

        Args:
            url: A URL of this GitHub.
            headers: What to send beside the headers that every request has.
            max_bytes: The body is cut there.

        Raises:
            UnreachableError: No connection could be made.
            TransientError: No whole answer came.
        """
        deadline_s = self._monotonic_s() + TOTAL_TIMEOUT_S
        try:
            with self._client.stream("GET", url, headers=dict(headers)) as response:
                body, truncated = self._read(response, max_bytes, deadline_s)
                known = {name.lower(): value for name, value in response.headers.items()}
                return GitHubAnswer(response.status_code, url, known, body, truncated)
        except httpx.TimeoutException as exc:
            raise self._no_answer(f"did not answer in time ({type(exc).__name__})") from exc
        except httpx.ConnectError as exc:
            raise UnreachableError(
                f"GitHub at {self._label} could not be read: ConnectError: {exc}.",
                "Check SCOUT_GITHUB_URL and the network.",
            ) from exc
        except (httpx.RequestError, httpx.InvalidURL) as exc:
            raise self._no_answer(f"could not be read: {type(exc).__name__}: {exc}") from exc

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _read(
        self, response: httpx.Response, max_bytes: int, deadline_s: float
    ) -> tuple[bytes, bool]:
        chunks: list[bytes] = []
        size = 0
        for chunk in response.iter_bytes():
            chunks.append(chunk)
            size += len(chunk)
            if size > max_bytes:
                return b"".join(chunks)[:max_bytes], True
            if self._monotonic_s() > deadline_s:
                raise self._no_answer(f"took longer than {TOTAL_TIMEOUT_S:g} s for one answer")
        return b"".join(chunks), False

    def _no_answer(self, what: str) -> TransientError:
        return TransientError(
            f"GitHub at {self._label} {what}.", "Scout tries again; check the network if it stays."
        )

    def _refuse_all_but_reading(self, request: httpx.Request) -> None:
        """Keep the promise that Scout only reads, and that the token stays with its server."""
        if request.method != "GET" or not is_within(str(request.url), self.settings.base_url):
            raise PermanentError(f"Scout refused to send {request.method} to {request.url.host}.")


def is_within(url: str, base_url: str) -> bool:
    """Say whether a URL is on the same server as `base_url`, and below its path."""
    one, base = urlsplit(url), urlsplit(base_url)
    return (
        (one.scheme, one.hostname, one.port, one.username)
        == (base.scheme, base.hostname, base.port, None)
        and one.path.startswith(base.path + "/")
        and ".." not in one.path.split("/")
    )


@lru_cache(maxsize=4)
def shared_http(settings: GitHubSettings) -> GitHubHttp:
    """Return the process's client for a GitHub; its connections are used by all steps."""
    return GitHubHttp(settings)


def _forget(*_: Any) -> None:
    shared_http.cache_clear()


os.register_at_fork(after_in_child=_forget)
