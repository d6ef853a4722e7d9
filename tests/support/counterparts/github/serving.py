"""The counterpart over HTTP: ETags, quotas' headers, and connections that break."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.support.counterparts.github.contract import violations
from tests.support.counterparts.github.faults import Fault
from tests.support.counterparts.github.server import Counterpart, Reply, Seen, error_reply
from tests.support.http_server import PatientServer, serving


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
            self._send(error_reply(404, "Not Found", bucket=None))
            return
        authorization = self.headers.get("Authorization")
        if github.token is not None and authorization not in {None, f"Bearer {github.token}"}:
            self._send(error_reply(401, "Bad credentials", bucket=None))
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
            refused = error_reply(403, "API rate limit exceeded for user ID 1.")
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
        echo, body = self.github.echo, reply.body
        if echo and reply.status >= 400:
            body = _with_echo(body, echo.encode())
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if echo:
            self.send_header("X-Echo", echo)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

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


def _with_echo(body: bytes, echo: bytes) -> bytes:
    """Return the body of an error that also says what it should not."""
    start, begins, rest = body.partition(b'"message": "')
    return start + begins + echo + b" " + rest if begins else body + echo


@contextmanager
def running_github(github: Counterpart, port: int = 0) -> Iterator[Counterpart]:
    """Run a counterpart for the block; in the end all requests must have been as GitHub wants."""
    handler = type("Handler", (_Handler,), {"github": github})
    with serving(PatientServer(("127.0.0.1", port), handler)) as url:
        github.url = f"{url}{github.prefix}"
        yield github
    wrong = [
        (one.path, problem)
        for one in github.seen
        for problem in violations(one.method, one.path.removeprefix(github.prefix), one.query)
    ]
    assert not wrong
