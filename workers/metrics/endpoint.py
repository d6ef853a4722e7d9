"""The address at which Prometheus reads the metrics of `scout worker`.

On loopback a request must name a loopback host: a page in somebody's browser could otherwise read
it by a name that leads here.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from models.errors import ConfigError, InputError
from models.events import Event
from models.settings.loopback import is_loopback
from workers.metrics.exposition import exposition

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

logger = logging.getLogger("scout.worker")

PATH = "/metrics"
LOOPBACK = "127.0.0.1"
#: Seconds after which a client that says nothing is let go.
_TIMEOUT_S = 10


def parse_address(text: str) -> tuple[str, int]:
    """Return host and port of `HOST:PORT`, `[HOST]:PORT`, `:PORT` or `PORT`; loopback unless named.

    Raises:
        InputError: It is none of these.
    """
    host, _, port = text.rpartition(":")
    host = host.strip("[]") or LOOPBACK
    if not (port.isascii() and port.isdigit() and int(port) < 1 << 16) or " " in host:
        raise InputError(
            f"{text!r} is no address to listen at.", "Use HOST:PORT, or PORT for this machine only."
        )
    return host, int(port)


@contextmanager
def serving(registry: CollectorRegistry, host: str, port: int) -> Iterator[str]:
    """Serve the metrics for the block, and yield the URL.

    Raises:
        ConfigError: The address cannot be had.
    """
    handler = type("Handler", (_Handler,), {"registry": registry, "is_local": is_loopback(host)})
    kind = type("Server", (_Server,), {"address_family": _family(host)})
    try:
        server = kind((host, port), handler)
    except (OSError, OverflowError) as exc:
        raise ConfigError(
            f"Metrics cannot be served at {host}:{port}: {exc}.", "Give --metrics another address."
        ) from exc
    shown = f"[{host}]" if ":" in host else host
    url = f"http://{shown}:{server.server_address[1]}{PATH}"
    thread = threading.Thread(target=server.serve_forever, name="metrics", daemon=True)
    thread.start()
    logger.info("Metrics are at %s.", url, extra={"event": Event.METRICS_SERVED, "url": url})
    try:
        yield url
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client that went away is no news."""


class _Handler(BaseHTTPRequestHandler):
    registry: CollectorRegistry
    is_local: bool
    timeout = _TIMEOUT_S
    server_version = "scout"
    sys_version = ""

    def do_GET(self) -> None:
        """Answer with the metrics."""
        if self.is_local and not _names_loopback(self.headers.get("Host", "")):
            self._answer(HTTPStatus.FORBIDDEN, "text/plain", b"This address is for this machine.\n")
        elif urlsplit(self.path).path != PATH:
            self._answer(HTTPStatus.NOT_FOUND, "text/plain", b"The metrics are at /metrics.\n")
        else:
            content_type, body = exposition(self.registry, self.headers.get("Accept", ""))
            self._answer(HTTPStatus.OK, content_type, body)

    def _answer(self, status: HTTPStatus, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as the base class has it
        """Say nothing: requests are no news."""


def _names_loopback(host: str) -> bool:
    try:
        name = urlsplit(f"//{host}").hostname
    except ValueError:
        return False
    return bool(name) and is_loopback(str(name))


def _family(host: str) -> int:
    import socket

    return socket.AF_INET6 if ":" in host else socket.AF_INET
