"""Asking GitHub for something: within its limits, and only if it has changed.

What may pass is raised as `TransientError`; trying again is the caller's (`tasks.units.retries`).
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from msgspec import Struct
from msgspec.structs import replace

from models.clock import Clock
from models.codes import Code
from models.errors import ItemFailedError, PermanentError, TransientError
from models.settings.urls import without_credentials
from models.text.clean import clean_text
from tasks.sources.github.budget import Budgets, Denied
from tasks.sources.github.cache import AnswerCache, condition, renewed
from tasks.sources.github.http import GitHubAnswer, GitHubHttp
from tasks.sources.github.limits import (
    message_of,
    read_quota,
    read_throttled,
    read_wait,
    said_by,
)
from tasks.sources.github.secrets import without_secrets
from tasks.sources.github.waits import Waits
from tasks.sources.http.guard import is_within

#: Refusals of one request for its limits' sake before it is given up for now.
MAX_REFUSALS = 5
MAX_REDIRECTS = 3
_REDIRECTS = {301, 302, 307, 308}
#: A proxy on the way that changes answers says 203 or 226 of them.
_ANSWERED = {200, 203, 226}


class Ask(Struct, frozen=True):
    """What is asked for.

    Args:
        path: The path below the server's base URL, with a slash.
        what: How to call it in messages.
        accept: The media type.
        bucket: The budget that pays, or None where GitHub does not count it.
        max_bytes: The answer is cut there.
        check: Called with a whole answer; raises `TransientError` where it is garbage.
        params: The query's parameters.
        about_one: Whether a failure is that of one repository, and says nothing about others.
        unwrap: Returns what an answer is about, where servers wrap it; done before it is cleaned
            and stored.
    """

    path: str
    what: str
    accept: str
    bucket: str | None
    max_bytes: int
    check: Callable[[GitHubAnswer], Any] | None = None
    params: Mapping[str, str] | None = None
    about_one: bool = False
    unwrap: Callable[[GitHubAnswer], GitHubAnswer] | None = None


class GitHubRequests:
    """Makes the requests of one step; its threads share it.

    Args:
        http: The connection, shared by all steps.
        budgets: What may be asked for.
        cache: What has been answered before.
        waits: How the step waits.
        clock: Where the time comes from.
    """

    def __init__(
        self,
        http: GitHubHttp,
        budgets: Budgets,
        cache: AnswerCache,
        waits: Waits,
        clock: Clock,
    ) -> None:
        self._http = http
        self._budgets = budgets
        self._cache = cache
        self._waits = waits
        self._clock = clock
        self._counts: Counter[str] = Counter(sent=0, not_modified=0, cache_stored=0, throttled=0)
        self._lock = threading.Lock()

    def counters(self) -> dict[str, int]:
        """Return what was done so far: requests, answers from the cache, waits."""
        with self._lock:
            return dict(self._counts) | {"throttle_waits": self._waits.count}

    def get(self, ask: Ask) -> GitHubAnswer:
        """Return the answer to a request, with redirects followed: 2xx, or a 4xx to judge.

        Raises:
            TransientError: GitHub did not answer, or limits its answers for too long.
            PostponedError: Its limits ask for a longer wait than a step may make.
            ItemFailedError: What was asked about one repository leads elsewhere or nowhere.
            PermanentError: The same about anything else.
        """
        base_url = self._http.settings.base_url
        url = base_url + ask.path + (f"?{urlencode(ask.params)}" if ask.params else "")
        for _ in range(MAX_REDIRECTS + 1):
            answer = self._within_limits(url, ask)
            if answer.status not in _REDIRECTS:
                return answer
            target = _target(url, answer.headers.get("location", ""))
            if not is_within(target, base_url):
                raise self._failure(
                    ask,
                    f"GitHub redirects {ask.what} to {_host(target)}, which is outside"
                    f" {without_credentials(base_url)}.",
                    "Check SCOUT_GITHUB_URL.",
                )
            url = target
        raise self._failure(ask, f"GitHub redirects {ask.what} again and again.", "")

    def _within_limits(self, url: str, ask: Ask) -> GitHubAnswer:
        """Return the first answer that is no refusal for the sake of GitHub's limits."""
        for _ in range(MAX_REFUSALS):
            self._take(ask)
            answer = self._conditionally(url, ask)
            throttled = read_throttled(answer, self._clock.now())
            if throttled is None:
                return answer
            bucket = ask.bucket or "core"
            self._count("throttled")
            self._waits.refused(ask.what, bucket, answer.status, secondary=throttled.secondary)
            self._budgets.block(bucket, throttled, answer.status)
        raise TransientError(
            f"GitHub refused {ask.what} {MAX_REFUSALS} times for its limits:"
            f" HTTP {answer.status}: {message_of(answer)}",
            "Run fewer workers with this token, or wait for some minutes.",
            code=Code.GITHUB_LIMITS,
        ).saying(said_by(answer))

    def _take(self, ask: Ask) -> None:
        """Wait until the request may be made, and count it."""
        self._waits.checkpoint()
        while (denied := self._denied(ask.bucket)) is not None:
            self._waits.for_budget(denied)

    def _denied(self, bucket: str | None) -> Denied | None:
        return self._budgets.take(bucket) if bucket else self._budgets.closed()

    def _conditionally(self, url: str, ask: Ask) -> GitHubAnswer:
        stored = self._cache.find(url, ask.accept)
        headers = {"Accept": ask.accept} | (condition(stored) if stored else {})
        self._count("sent")
        answer = self._http.get(url, headers, ask.max_bytes)
        quota = read_quota(answer, self._clock.now(), ask.bucket)
        if quota is not None:
            self._budgets.correct(quota)
        if answer.status == 304:
            if stored is None:
                raise TransientError(
                    f"GitHub answered {ask.what} with 304 to no condition.", code=Code.GITHUB_AWAY
                )
            self._count("not_modified")
            answer = without_secrets(_unwrapped(ask, renewed(stored, answer)))
            _check(ask, answer)
            self._cache.keep(url, ask.accept, stored, answer)
        elif answer.status in _ANSWERED:
            answer = replace(answer, status=200)
            answer = without_secrets(_unwrapped(ask, answer))
            _check(ask, answer)
            if self._cache.store(url, ask.accept, answer):
                self._count("cache_stored")
        elif 200 <= answer.status < 300:
            raise TransientError(
                f"GitHub answered {ask.what} with HTTP {answer.status}, which is no answer yet.",
                "",
                read_wait(answer, self._clock.now()),
                code=Code.GITHUB_AWAY,
            ).saying(f"HTTP {answer.status}, which is no answer yet")
        elif answer.status >= 500 or answer.status == 408:
            raise TransientError(
                f"GitHub answered {ask.what} with HTTP {answer.status}: {message_of(answer)}",
                "It is GitHub's trouble: see https://www.githubstatus.com",
                read_wait(answer, self._clock.now()),
                code=Code.GITHUB_AWAY,
            ).saying(said_by(answer))
        return answer

    def _failure(self, ask: Ask, message: str, hint: str) -> ItemFailedError | PermanentError:
        kind = ItemFailedError if ask.about_one else PermanentError
        return kind(message, hint, code=Code.GITHUB_URL_WRONG).saying(message)

    def _count(self, name: str) -> None:
        with self._lock:
            self._counts[name] += 1


def _target(url: str, location: str) -> str:
    """Return where a redirect leads; empty where that is no address."""
    try:
        return urljoin(url, location)
    except ValueError:
        return ""


def _host(url: str) -> str:
    return clean_text(urlsplit(url).hostname or "nowhere", 100)


def _unwrapped(ask: Ask, answer: GitHubAnswer) -> GitHubAnswer:
    return answer if ask.unwrap is None else ask.unwrap(answer)


def _check(ask: Ask, answer: GitHubAnswer) -> None:
    if ask.check is not None:
        ask.check(answer)
