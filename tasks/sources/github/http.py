"""Sending one request to GitHub. There is no way to send another one than GET, or elsewhere."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from msgspec import Struct, field

from models.codes import Code
from models.errors import TransientError
from models.settings.github import GitHubSettings
from models.settings.urls import without_credentials
from tasks.sources.http.client import (
    Bounds,
    DeadlineError,
    ExchangeError,
    HttpClient,
    NoConnectionError,
    TooSlowError,
)
from tasks.sources.unreachable import UnreachableError

API_VERSION = "2022-11-28"
#: A server that sends a byte now and then is cut off after `total_s`.
BOUNDS = Bounds(total_s=60.0, read_s=30.0, connections=64)
#: The promise that Scout only reads.
METHODS = frozenset({"GET"})


class GitHubAnswer(Struct, frozen=True):
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
        bounds: How long a request may take.
    """

    def __init__(
        self,
        settings: GitHubSettings,
        monotonic_s: Callable[[], float] = time.monotonic,
        bounds: Bounds = BOUNDS,
    ) -> None:
        self.settings = settings
        self._label = without_credentials(settings.base_url)
        headers = {"X-GitHub-Api-Version": API_VERSION}
        if settings.token:
            headers["Authorization"] = f"Bearer {settings.token}"
        self._client = HttpClient(
            settings.base_url,
            methods=METHODS,
            bounds=bounds,
            headers=headers,
            service="github",
            monotonic_s=monotonic_s,
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
        try:
            answer = self._client.exchange("GET", url, headers=headers, max_bytes=max_bytes)
        except NoConnectionError as exc:
            raise UnreachableError(
                f"GitHub at {self._label} could not be read: {exc}.",
                "Check SCOUT_GITHUB_URL and the network.",
            ).saying(str(exc)) from exc
        except DeadlineError as exc:
            raise self._no_answer(f"took longer than {exc} for one answer") from exc
        except TooSlowError as exc:
            raise self._no_answer(f"did not answer in time ({exc})") from exc
        except ExchangeError as exc:
            raise self._no_answer(f"could not be read: {exc}") from exc
        return GitHubAnswer(answer.status, url, answer.headers, answer.body, answer.truncated)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _no_answer(self, what: str) -> TransientError:
        return TransientError(
            f"GitHub at {self._label} {what}.",
            "Scout tries again; check the network if it stays.",
            code=Code.GITHUB_AWAY,
        ).saying(f"it {what}")


@lru_cache(maxsize=4)
def shared_http(settings: GitHubSettings) -> GitHubHttp:
    """Return the process's client for a GitHub; its connections are used by all steps."""
    return GitHubHttp(settings)


def _forget(*_: Any) -> None:
    shared_http.cache_clear()


os.register_at_fork(after_in_child=_forget)
