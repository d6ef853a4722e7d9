"""A collector of traces on loopback, as OTLP over HTTP has it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.support.http_server import serving


@dataclass
class ArrivedSpan:
    """A span as it arrived; ids are hexadecimal."""

    trace: str
    own: str
    parent: str
    name: str
    attributes: dict[str, Any]
    links: list[str]
    failed: bool
    started_ns: int
    ended_ns: int
    resource: dict[str, Any]
    everything: str


@dataclass
class Collector:
    """Where it listens, and what arrived."""

    url: str = ""
    spans: list[ArrivedSpan] = field(default_factory=list)

    def named(self, name: str) -> list[ArrivedSpan]:
        """Return the spans of a name."""
        return [span for span in self.spans if span.name == name]

    def take(self, body: bytes) -> None:
        """Read a request."""
        from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
            ExportTraceServiceRequest,
        )

        for group in ExportTraceServiceRequest.FromString(body).resource_spans:
            resource = _plain(group.resource.attributes)
            for scope in group.scope_spans:
                for span in scope.spans:
                    self.spans.append(_read(span, resource))


@contextmanager
def collecting() -> Iterator[Collector]:
    """Run the collector for the block."""
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                import gzip

                body = gzip.decompress(body)
            assert self.path == "/v1/traces"
            collector.take(body)
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    with serving(server) as collector.url:
        yield collector


def _read(span: Any, resource: dict[str, Any]) -> ArrivedSpan:
    return ArrivedSpan(
        span.trace_id.hex(),
        span.span_id.hex(),
        span.parent_span_id.hex(),
        span.name,
        _plain(span.attributes),
        [link.span_id.hex() for link in span.links],
        span.status.code == 2,
        span.start_time_unix_nano,
        span.end_time_unix_nano,
        resource,
        str(span),
    )


def _plain(attributes: Any) -> dict[str, Any]:
    found = {}
    for one in attributes:
        kind = one.value.WhichOneof("value")
        found[one.key] = getattr(one.value, kind)
    return found
