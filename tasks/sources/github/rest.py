"""GitHub itself: its REST API, read only."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date
from types import MappingProxyType
from typing import Any, TypeGuard

from msgspec.structs import replace

from models.clock import Clock
from models.codes import Code
from models.errors import ItemFailedError, PermanentError, TransientError
from models.settings.github import github_settings
from models.text.clean import clean_text
from tasks.recorder import WaitRecorder
from tasks.sources.github.budget import Budgets
from tasks.sources.github.cache import AnswerCache
from tasks.sources.github.http import GitHubAnswer, GitHubHttp, shared_http
from tasks.sources.github.limits import (
    Quota,
    code_of_status,
    is_about_one_repository,
    message_of,
    said_by,
)
from tasks.sources.github.quotas import PAGE_SIZE, SEARCH_CEILING, WINDOW_S
from tasks.sources.github.readme_envelope import ENVELOPE_MAX_BYTES, RAW, readme_in
from tasks.sources.github.requests import Ask, GitHubRequests
from tasks.sources.github.waits import Waits
from tasks.sources.interface import GitHubSource, Payload, RateLimit, Readme, SearchPage
from tasks.sources.payload import parse_repository

JSON = "application/vnd.github+json"
JSON_MAX_BYTES = 32 << 20
#: Issues that one search is looked through for.
ISSUES_MAX = 20
_FULL_NAME = re.compile(r"[A-Za-z0-9._-]{1,100}/[A-Za-z0-9._-]{1,100}")
_REFUSAL_HINTS: Mapping[Code, str] = MappingProxyType(
    {
        Code.GITHUB_TOKEN_REFUSED: "GITHUB_TOKEN is wrong or expired: set a valid one.",
        Code.GITHUB_FORBIDDEN: "GITHUB_TOKEN may lack the right to read it.",
        Code.GITHUB_URL_WRONG: "Check that SCOUT_GITHUB_URL is the base of a REST API.",
    }
)
_NOT_JSON = "its answer is not what GitHub documents"
_NEXT_PAGE = re.compile(r'<[^<>]*>\s*;[^,<]*\brel="?next\b')


class GitHubRest(GitHubSource):
    """GitHub's REST API as one step uses it; the step's threads share it.

    Every method raises `TransientError` for what may pass, `PostponedError` where GitHub's limits
    ask for a long wait, and `PermanentError` where GitHub refuses; what concerns one repository
    only raises `ItemFailedError`.

    Args:
        requests: The step's requests.
        budgets: What `rate_limits` corrects.
        clock: Where the time comes from.
        web_url: Where people see what is read.
    """

    page_size = PAGE_SIZE

    def __init__(
        self, requests: GitHubRequests, budgets: Budgets, clock: Clock, web_url: str
    ) -> None:
        self.web_url = web_url
        self._requests = requests
        self._budgets = budgets
        self._clock = clock

    def today(self) -> date:
        """Return the date in UTC, which is how GitHub reads dates in queries."""
        return self._clock.now().date()

    def counters(self) -> Mapping[str, int]:
        """Return how many requests were sent, answered by 304, stored, retried, and waited for."""
        return self._requests.counters()

    def rate_limits(self) -> Sequence[RateLimit]:
        """Return the current limits, sorted by bucket; none where the server has none."""
        ask = Ask("/rate_limit", "its rate limits", JSON, None, JSON_MAX_BYTES, _json_object)
        answer = self._requests.get(ask)
        if answer.status == 404:
            return []  # GitHub Enterprise with rate limiting switched off
        _demand_success(ask, answer)
        resources = _json_object(answer).get("resources")
        if not isinstance(resources, dict):
            raise PermanentError(
                "GitHub's rate limits have another shape than its API documents.",
                "Check SCOUT_GITHUB_URL.",
                code=Code.GITHUB_URL_WRONG,
            )
        limits = [_rate_limit(str(name), found) for name, found in sorted(resources.items())]
        known = [limit for limit in limits if limit is not None]
        for limit in known:
            self._learn(limit)
        return known

    def search_repositories(self, query: str, page: int) -> SearchPage:
        """Return page `page` (from 1) of the repositories that match, best first."""
        if page < 1:
            raise ValueError("pages count from 1")
        if page * self.page_size > SEARCH_CEILING:
            return SearchPage(0, False, [], False)
        params = {"q": query, "per_page": str(self.page_size), "page": str(page)}
        what = f"page {page} of a search"
        ask = Ask("/search/repositories", what, JSON, "search", JSON_MAX_BYTES, _search, params)
        answer = self._requests.get(ask)
        if answer.status == 422 and "1000 search results" in message_of(answer):
            return SearchPage(0, False, [], False)
        _demand_success(ask, answer)
        has_next = bool(_NEXT_PAGE.search(answer.headers.get("link", "")))
        return SearchPage(
            *_search(answer),
            has_next=has_next and page * self.page_size < SEARCH_CEILING,
        )

    def repository(self, full_name: str) -> Payload | None:
        """Return a repository's payload, under its new name if it was renamed.

        None where it is deleted, or blocked, or not to be seen.
        """
        ask = _about(full_name, "", JSON, JSON_MAX_BYTES, _json_object)
        answer = self._requests.get(ask)
        if answer.status in {404, 410, 451} or _is_blocked(answer):
            return None
        _demand_success(ask, answer)
        payload = _json_object(answer)
        try:
            parse_repository(payload, ask.what)
        except PermanentError as exc:
            raise ItemFailedError(exc.message, exc.hint, code=exc.code) from exc
        return payload

    def readme(self, full_name: str) -> Readme | None:
        """Return the repository's README, cut after a megabyte, or None without one."""
        ask = _about(full_name, "/readme", RAW, ENVELOPE_MAX_BYTES, None)
        ask = replace(ask, unwrap=readme_in)
        answer = self._requests.get(ask)
        if answer.status == 404:
            return None
        _demand_success(ask, answer)
        return Readme(answer.body, answer.truncated)

    def community(self, full_name: str) -> Payload | None:
        """Return a repository's community profile, or None where GitHub gives none."""
        return self._optional(full_name, "/community/profile")

    def latest_release(self, full_name: str) -> Payload | None:
        """Return a repository's latest release, or None where it has none."""
        return self._optional(full_name, "/releases/latest")

    def dependencies(self, full_name: str) -> Payload | None:
        """Return a repository's SBOM, or None where its dependency graph is off or forbidden."""
        return self._optional(full_name, "/dependency-graph/sbom")

    def search_issues(self, one: str, other: str) -> Payload | None:
        """Return issues of either that name the other, or None where GitHub cannot look there."""
        query = f"is:issue in:title ({_naming(one, other)} OR {_naming(other, one)})"
        params = {"q": query, "per_page": str(ISSUES_MAX), "advanced_search": "true"}
        ask = Ask(
            "/search/issues", "a search for issues", JSON, "search", JSON_MAX_BYTES, _search, params
        )
        answer = self._requests.get(ask)
        if answer.status in {403, 404, 422}:
            return None
        _demand_success(ask, answer)
        return _json_object(answer)

    def _optional(self, full_name: str, rest: str) -> Payload | None:
        """Return what GitHub may have of a repository; None where it has or shows none."""
        ask = _about(full_name, rest, JSON, JSON_MAX_BYTES, _json_object)
        answer = self._requests.get(ask)
        if answer.status in {403, 404, 410, 451}:
            return None
        _demand_success(ask, answer)
        return _json_object(answer)

    def _learn(self, limit: RateLimit) -> None:
        resets_in_s = limit.reset_epoch_s - self._clock.now().timestamp()
        if 0 < resets_in_s <= WINDOW_S.get(limit.bucket, 0.0) + 60.0:
            self._budgets.correct(Quota(limit.bucket, limit.limit, limit.remaining, resets_in_s))


def github_from_environ(
    record: WaitRecorder | None,
    *,
    environ: Mapping[str, str] | None = None,
    clock: Clock | None = None,
) -> GitHubRest:
    """Return GitHub as the environment describes it, for one step.

    Args:
        record: What the step's waits are recorded with; None outside a step.
        environ: The environment; the process's own by default.
        clock: Where the time comes from.

    Raises:
        ConfigError: A setting cannot be used.
    """
    settings = github_settings(environ)
    clock = clock or Clock()
    return connect_github(shared_http(settings), Waits(record, clock), clock)


def connect_github(http: GitHubHttp, waits: Waits, clock: Clock) -> GitHubRest:
    """Return GitHub for one step over a connection that steps share."""
    budgets = Budgets(http.settings, clock)
    cache = AnswerCache(http.settings, clock)
    requests = GitHubRequests(http, budgets, cache, waits, clock)
    return GitHubRest(requests, budgets, clock, http.settings.web_url)


def _about(full_name: str, rest: str, accept: str, max_bytes: int, check: Any) -> Ask:
    if not _FULL_NAME.fullmatch(full_name) or {".", ".."} & set(full_name.split("/")):
        raise ItemFailedError(
            f"{clean_text(full_name, 100)!r} is not a repository's full name.",
            "It must be owner/name.",
        )
    path = f"/repos/{full_name}{rest}"
    return Ask(path, f"GET {path}", accept, "core", max_bytes, check, about_one=True)


def _naming(repo: str, other: str) -> str:
    """Return what searches the issues of one repository for another's name."""
    return f'(repo:{repo} "{other.rpartition("/")[2]}")'


def _is_blocked(answer: GitHubAnswer) -> bool:
    return answer.status == 403 and is_about_one_repository(answer)


def _demand_success(ask: Ask, answer: GitHubAnswer) -> None:
    """Raise what an answer means that is neither a success nor one of a method's own cases."""
    if answer.status == 200:
        return
    words = f"GitHub refused {ask.what}: HTTP {answer.status}: {message_of(answer) or 'no reason'}"
    code = code_of_status(answer.status)
    if code is not Code.GITHUB_TOKEN_REFUSED and ask.about_one:
        raise ItemFailedError(words, code=code).saying(said_by(answer))
    raise PermanentError(words, _REFUSAL_HINTS.get(code, ""), code=code).saying(said_by(answer))


def _json_object(answer: GitHubAnswer) -> dict[str, Any]:
    """Return an answer's JSON object.

    Raises:
        TransientError: It is none: cut off, garbled, or the page of a proxy.
    """
    try:
        found = json.loads(answer.body)
    except (ValueError, RecursionError) as exc:
        message = f"GitHub answered with what is not JSON: {exc}."
        raise TransientError(message, code=Code.GITHUB_URL_WRONG).saying(_NOT_JSON) from exc
    if not isinstance(found, dict):
        message = f"GitHub answered with a {type(found).__name__}, not an object."
        raise TransientError(message, code=Code.GITHUB_URL_WRONG).saying(_NOT_JSON)
    return found


def _search(answer: GitHubAnswer) -> tuple[int, bool, list[Payload]]:
    """Return a search page's total, whether it is incomplete, and its items."""
    found = _json_object(answer)
    total, items = found.get("total_count"), found.get("items")
    shaped = isinstance(items, list) and all(isinstance(item, dict) for item in items)
    if not _is_count(total) or not shaped:
        message = "GitHub answered a search with another object than it documents."
        raise TransientError(message, code=Code.GITHUB_URL_WRONG)
    return total, bool(found.get("incomplete_results")), list(items or [])


def _rate_limit(bucket: str, found: Any) -> RateLimit | None:
    """Return one bucket; what is not the shape of one is left out."""
    if not isinstance(found, dict):
        return None
    limit, remaining, reset = found.get("limit"), found.get("remaining"), found.get("reset")
    if not (_is_count(limit) and _is_count(remaining) and _is_count(reset)):
        return None
    used = found.get("used")
    return RateLimit(
        bucket, limit, remaining, used if _is_count(used) else limit - remaining, reset
    )


def _is_count(value: object) -> TypeGuard[int]:
    return type(value) is int and value >= 0
