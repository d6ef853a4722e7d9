"""The server: routes, quotas, ETags, and faults that a test switches on."""

from __future__ import annotations

import hashlib
import json
import random
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.counterparts.github.contract import violations
from tests.counterparts.github.faults import Fault
from tests.counterparts.github.world import World, name_of

CEILING = 1000


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
    seen: list[Seen] = field(default_factory=list)
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
            for part, faults in self._plans:
                if part in path and faults:
                    return faults.pop(0)
            if self._chance and self._chance[2].random() < self._chance[0]:
                return self._chance[2].choice(self._chance[1])
        return None

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
            case ["repos", owner, name, *rest] if rest in ([], ["readme"]):
                return self._named(f"{owner}/{name}", rest)
            case ["repositories", number, *rest] if rest in ([], ["readme"]):
                return self._numbered(int(number) - 1000, rest)
        return _error(404, "Not Found")

    def _rate_limit(self) -> Reply:
        if not self.has_limits:
            return _error(404, "Rate limiting is not enabled.", bucket=None)
        resources = {}
        for name in self.windows:
            _, headers = self.spend(name, 0)
            keys = ("limit", "remaining", "reset", "used")
            resources[name] = {key: int(headers[f"x-ratelimit-{key}"]) for key in keys}
        return _json(200, {"resources": resources, "rate": resources["core"]}, bucket=None)

    def _search(self, query: Mapping[str, str]) -> Reply:
        text, page = query.get("q", ""), int(query.get("page", "1"))
        size = min(int(query.get("per_page", "30")), 100)
        if not text:
            return _error(422, "Validation Failed", bucket="search")
        if page * size > CEILING:
            message = "Only the first 1000 search results are available"
            return _error(422, message, bucket="search")
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
        return _json(200, found, links, bucket="search")

    def _named(self, full_name: str, rest: list[str]) -> Reply:
        for old, new in self.world.renamed.items():
            if old.lower() == full_name.lower() != new.lower():
                target = "/".join([f"{self.url}/repositories/{1000 + self._number(old)}", *rest])
                body = {"message": "Moved Permanently", "url": target}
                return _json(301, body, {"location": target})
        number = self.world.number(full_name)
        return _error(404, "Not Found") if number is None else self._numbered(number, rest)

    def _numbered(self, number: int, rest: list[str]) -> Reply:
        name = name_of(number)
        block = {"reason": "dmca", "created_at": "2026-01-01T00:00:00Z"}
        if name in self.world.gone or not 1 <= number <= self.world.size:
            return _error(404, "Not Found")
        if name in self.world.blocked | self.world.forbidden:
            status = 451 if name in self.world.blocked else 403
            return _error(status, "Repository access blocked", {"block": block})
        if not rest:
            return _json(200, self.world.repository(number, self.url))
        readme = self.world.readme(number)
        if readme is None:
            return _error(404, "Not Found")
        return Reply(200, readme, {"content-type": "application/vnd.github.raw+json"})

    def _number(self, full_name: str) -> int:
        number = self.world.number(full_name)
        assert number is not None
        return number


def _json(
    status: int,
    found: Any,
    headers: Mapping[str, str] | None = None,
    *,
    bucket: str | None = "core",
) -> Reply:
    headers = {"content-type": "application/json; charset=utf-8", **(headers or {})}
    return Reply(status, json.dumps(found).encode(), headers, bucket)


def _error(
    status: int,
    message: str,
    more: Mapping[str, Any] | None = None,
    *,
    bucket: str | None = "core",
) -> Reply:
    documentation = {"documentation_url": "https://docs.github.com/rest", "status": str(status)}
    return _json(status, {"message": message, **documentation, **(more or {})}, bucket=bucket)


class _Handler(BaseHTTPRequestHandler):
    """Answers one request after the other on a connection."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    github: Counterpart

    def do_GET(self) -> None:
        self.github.enter(1)
        try:
            self._answer()
        finally:
            self.github.enter(-1)

    def _refuse(self) -> None:
        """Note what must never come in; tests look for it at their end."""
        self._send(Reply(405, b"{}", bucket=None))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self._refuse
        raise AttributeError(name)

    def _answer(self) -> None:
        github, path = self.github, urlsplit(self.path).path
        time.sleep(github.latency_s)
        fault = github.fault_for(path)
        if fault is not None and fault.manner == "slow":
            time.sleep(fault.delay_s)
        elif fault is not None:
            self._fail(fault)
            return
        if not path.startswith(github.prefix):
            self._send(_error(404, "Not Found", bucket=None))
            return
        authorization = self.headers.get("Authorization")
        if github.token is not None and authorization not in {None, f"Bearer {github.token}"}:
            self._send(_error(401, "Bad credentials", bucket=None))
            return
        query = {key: values[0] for key, values in parse_qs(urlsplit(self.path).query).items()}
        self._send_counted(github.reply(path.removeprefix(github.prefix), query))

    def _send_counted(self, reply: Reply) -> None:
        """Send an answer with its ETag and quota, or a 304, or the refusal of a used up quota."""
        authorization = self.headers.get("Authorization") or ""
        headers = dict(reply.headers)
        if reply.status == 200 and reply.bucket == "core":
            digest = hashlib.sha256(reply.body + authorization.encode()).hexdigest()
            headers |= {"etag": f'W/"{digest}"', "vary": "Accept, Authorization"}
            if self.headers.get("If-None-Match") == headers["etag"]:
                reply = Reply(304, b"", headers)
        if reply.bucket is None or not self.github.has_limits:
            self._send(Reply(reply.status, reply.body, headers))
            return
        free = reply.status == 304 and authorization
        granted, quota = self.github.spend(reply.bucket, 0 if free else 1)
        if not granted:
            refused = _error(403, "API rate limit exceeded for user ID 1.")
            self._send(Reply(403, refused.body, {**refused.headers, **quota}))
            return
        self._send(Reply(reply.status, reply.body, headers | quota))

    def _fail(self, fault: Fault) -> None:
        if fault.manner == "answer":
            self._send(Reply(fault.status, fault.body, fault.headers))
            return
        self._note(0)
        if fault.manner == "cut_off":
            self.send_response(200)
            self.send_header("Content-Length", "100000")
            self.end_headers()
            self.wfile.write(b'{"total_count": 1')
            self.wfile.flush()
        self.close_connection = True

    def _send(self, reply: Reply) -> None:
        self._note(reply.status)
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)

    def _note(self, status: int) -> None:
        parts = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.github.note(Seen(self.command, parts.path, query, headers, status))

    def date_time_string(self, timestamp: float | None = None) -> str:
        """Tell the time of the counterpart's own clock."""
        return super().date_time_string(timestamp or self.github.now_s())

    def log_message(self, *_: Any) -> None:
        """Keep still: `Counterpart.seen` has it all."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up in the middle of an answer is no error here."""


@contextmanager
def running_github(github: Counterpart, port: int = 0) -> Iterator[Counterpart]:
    """Run a counterpart for the block; in the end all requests must have been as GitHub wants."""
    handler = type("Handler", (_Handler,), {"github": github})
    server = _Server(("127.0.0.1", port), handler)
    github.url = f"http://127.0.0.1:{server.server_port}{github.prefix}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield github
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
    wrong = [
        (one.path, problem)
        for one in github.seen
        for problem in violations(one.method, one.path.removeprefix(github.prefix), one.query)
    ]
    assert not wrong
