"""What the counterpart answers: routes, quotas, and faults that a test switches on."""

from __future__ import annotations

import json
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from tests.support.counterparts.github.faults import Fault
from tests.support.counterparts.github.world import World, name_of

CEILING = 1000
#: What may be asked about one repository, below its address.
ABOUT_ONE = ("", "readme", "community/profile", "releases/latest", "dependency-graph/sbom")


@dataclass
class Window:
    """A quota of `limit` requests per `length_s`, counted as GitHub does: from the first one."""

    limit: int
    length_s: float
    used: int = 0
    reset_s: int = 0

    def begin(self, now_s: float) -> None:
        """Begin a new window if the last one is over."""
        if now_s >= self.reset_s:
            self.used, self.reset_s = 0, int(now_s + self.length_s)


@dataclass(frozen=True)
class Seen:
    """A request that came in, and the status of its answer."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    status: int


@dataclass(frozen=True)
class Injected:
    """A fault that was answered with, and where."""

    kind: str
    path: str


@dataclass(frozen=True)
class Reply:
    """An answer before its quota's headers are added."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    bucket: str | None = "core"


@dataclass
class Counterpart:
    """A GitHub on loopback. Tests change its attributes while it runs.

    Args:
        world: Its repositories.
        token: The token that it accepts.
        prefix: Where its API begins, as `/api/v3` in GitHub Enterprise.
        now_s: Its clock, in seconds since the epoch.
    """

    world: World = field(default_factory=World)
    token: str | None = None
    prefix: str = ""
    now_s: Callable[[], float] = time.time
    latency_s: float = 0.0
    #: Whether answers tell of quotas, as GitHub Enterprise does only where they are switched on.
    has_limits: bool = True
    incomplete: bool = False
    #: A text that stands in every refusal, and in a header of every answer.
    echo: str = ""
    seen: list[Seen] = field(default_factory=list)
    injected: list[Injected] = field(default_factory=list)
    #: Requests by bucket that came although its quota was used up.
    refused: Counter[str] = field(default_factory=Counter)
    windows: dict[str, Window] = field(default_factory=dict)
    url: str = ""
    busy: int = 0
    busiest: int = 0

    def __post_init__(self) -> None:
        """Give it GitHub's own limits."""
        with_token = self.token is not None
        limits = {"core": 5000 if with_token else 60, "search": 30 if with_token else 10}
        lengths = {"core": 3600.0, "search": 60.0}
        self.windows = {name: Window(limits[name], lengths[name]) for name in limits}
        self._lock = threading.Lock()
        self._plans: list[tuple[str, list[Fault]]] = []
        self._chance: tuple[float, list[Fault], random.Random] | None = None

    def plan(self, path: str, *faults: Fault) -> None:
        """Answer the next requests whose path contains `path` with these faults, in order."""
        self._plans.append((path, list(faults)))

    def always(self, path: str, fault: Fault) -> None:
        """Answer every request whose path contains `path` with a fault."""
        self.plan(path, *[fault] * 10_000)

    def sometimes(self, share: float, faults: list[Fault], seed: int = 1) -> None:
        """Answer a share of all requests with one of the faults."""
        self._chance = (share, faults, random.Random(seed))

    def count(self, path: str = "", status: int | None = None) -> int:
        """Return how many requests to paths that contain `path` were answered, with a status."""
        with self._lock:
            return sum(path in one.path and status in {None, one.status} for one in self.seen)

    def fault_for(self, path: str) -> Fault | None:
        """Take the fault that is planned for a request, if one is."""
        with self._lock:
            fault = self._planned(path) or self._by_chance()
            if fault is not None:
                self.injected.append(Injected(fault.kind, path))
            return fault

    def _planned(self, path: str) -> Fault | None:
        for part, faults in self._plans:
            if part in path and faults:
                return faults.pop(0)
        return None

    def _by_chance(self) -> Fault | None:
        if self._chance is None:
            return None
        share, faults, dice = self._chance
        return dice.choice(faults) if dice.random() < share else None

    def note(self, seen: Seen) -> None:
        """Remember a request."""
        with self._lock:
            self.seen.append(seen)

    def enter(self, step: int) -> None:
        """Count the requests that are being answered at the same time."""
        with self._lock:
            self.busy += step
            self.busiest = max(self.busiest, self.busy)

    def spend(self, bucket: str, cost: int) -> tuple[bool, dict[str, str]]:
        """Return whether a quota had something left, and the headers that tell of it."""
        with self._lock:
            window = self.windows[bucket]
            window.begin(self.now_s())
            granted = window.used + cost <= window.limit
            window.used += cost if granted else 0
            self.refused[bucket] += not granted
            return granted, {
                "x-ratelimit-limit": str(window.limit),
                "x-ratelimit-remaining": str(window.limit - window.used),
                "x-ratelimit-used": str(window.used),
                "x-ratelimit-reset": str(window.reset_s),
                "x-ratelimit-resource": bucket,
            }

    def reply(self, path: str, query: Mapping[str, str]) -> Reply:
        """Return the right answer to a GET request."""
        parts = path.strip("/").split("/")
        match parts:
            case ["rate_limit"]:
                return self._rate_limit()
            case ["search", "repositories"]:
                return self._search(query)
            case ["search", "issues"]:
                return self._search_issues(query)
            case ["repos", owner, name, *rest] if "/".join(rest) in ABOUT_ONE:
                return self._named(f"{owner}/{name}", rest)
            case ["repositories", number, *rest] if "/".join(rest) in ABOUT_ONE:
                return self._numbered(int(number) - 1000, rest)
        return error_reply(404, "Not Found")

    def _rate_limit(self) -> Reply:
        if not self.has_limits:
            return error_reply(404, "Rate limiting is not enabled.", bucket=None)
        resources = {}
        for name in self.windows:
            _, headers = self.spend(name, 0)
            keys = ("limit", "remaining", "reset", "used")
            resources[name] = {key: int(headers[f"x-ratelimit-{key}"]) for key in keys}
        return json_reply(200, {"resources": resources, "rate": resources["core"]}, bucket=None)

    def _search(self, query: Mapping[str, str]) -> Reply:
        text, page = query.get("q", ""), int(query.get("page", "1"))
        size = min(int(query.get("per_page", "30")), 100)
        if not text:
            return error_reply(422, "Validation Failed", bucket="search")
        if page * size > CEILING:
            message = "Only the first 1000 search results are available"
            return error_reply(422, message, bucket="search")
        names = self.world.search(text)
        shown = names[(page - 1) * size : page * size]
        items = [self.world.repository(self._number(name), self.url) for name in shown]
        found = {
            "total_count": len(names),
            "incomplete_results": self.incomplete,
            "items": [
                item | {"full_name": name, "score": 1.0}
                for name, item in zip(shown, items, strict=True)
            ],
        }
        links = {}
        if page * size < min(len(names), CEILING):
            target = f"{self.url}/search/repositories?"
            target += urlencode({"q": text, "per_page": size, "page": page + 1})
            links = {"link": f'<{target}>; rel="next", <{target}>; rel="last"'}
        return json_reply(200, found, links, bucket="search")

    def _search_issues(self, query: Mapping[str, str]) -> Reply:
        items = [item for repo, item in self.world.issues if f"repo:{repo} " in query.get("q", "")]
        found = {"total_count": len(items), "incomplete_results": False, "items": items}
        return json_reply(200, found, bucket="search")

    def _named(self, full_name: str, rest: list[str]) -> Reply:
        for old, new in self.world.renamed.items():
            if old.lower() == full_name.lower() != new.lower():
                target = "/".join([f"{self.url}/repositories/{1000 + self._number(old)}", *rest])
                body = {"message": "Moved Permanently", "url": target}
                return json_reply(301, body, {"location": target})
        number = self.world.number(full_name)
        return error_reply(404, "Not Found") if number is None else self._numbered(number, rest)

    def _numbered(self, number: int, rest: list[str]) -> Reply:
        name = name_of(number)
        block = {"reason": "dmca", "created_at": "2026-01-01T00:00:00Z"}
        if name in self.world.gone or not 1 <= number <= self.world.size:
            return error_reply(404, "Not Found")
        if name in self.world.blocked | self.world.forbidden:
            status = 451 if name in self.world.blocked else 403
            return error_reply(status, "Repository access blocked", {"block": block})
        if not rest:
            return json_reply(200, self.world.repository(number, self.url))
        if rest != ["readme"]:
            found = self.world.extras.get((name, "/".join(rest)))
            return error_reply(404, "Not Found") if found is None else json_reply(200, found)
        readme = self.world.readme(number)
        if readme is None:
            return error_reply(404, "Not Found")
        return Reply(200, readme, {"content-type": "application/vnd.github.raw+json"})

    def _number(self, full_name: str) -> int:
        number = self.world.number(full_name)
        assert number is not None
        return number


def json_reply(
    status: int,
    found: Any,
    headers: Mapping[str, str] | None = None,
    *,
    bucket: str | None = "core",
) -> Reply:
    headers = {"content-type": "application/json; charset=utf-8", **(headers or {})}
    return Reply(status, json.dumps(found).encode(), headers, bucket)


def error_reply(
    status: int,
    message: str,
    more: Mapping[str, Any] | None = None,
    *,
    bucket: str | None = "core",
) -> Reply:
    documentation = {"documentation_url": "https://docs.github.com/rest", "status": str(status)}
    return json_reply(status, {"message": message, **documentation, **(more or {})}, bucket=bucket)
