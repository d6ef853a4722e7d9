"""One deadline for a whole exchange, kept at the socket: an HTTP library's timeouts are per read.

A server that sends a byte of its headers now and then, or one interim answer after the other,
never lets a read time out. Here each wait at the socket may last as long as is left of the
exchange, and no longer.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import httpcore
import httpx

#: Written at a time, so that a server which reads slowly is looked at in between.
_WRITE_BYTES = 1 << 14


class Deadline:
    """The moment by which each thread's exchange must be over.

    Args:
        monotonic_s: The clock.
    """

    def __init__(self, monotonic_s: Callable[[], float]) -> None:
        self._monotonic_s = monotonic_s
        self._local = threading.local()

    @contextmanager
    def within(self, total_s: float) -> Iterator[None]:
        """Bound what the calling thread does in the block."""
        self._local.ends_at_s = self._monotonic_s() + total_s
        try:
            yield
        finally:
            self._local.ends_at_s = None

    @property
    def is_over(self) -> bool:
        """Say whether the calling thread's exchange should have ended."""
        left_s = self._left_s()
        return left_s is not None and left_s <= 0

    def bounded(self, timeout_s: float | None) -> float | None:
        """Return how long a wait at the socket may last.

        Raises:
            httpcore.ReadTimeout: No time is left.
        """
        left_s = self._left_s()
        if left_s is None:
            return timeout_s
        if left_s <= 0:
            raise httpcore.ReadTimeout
        return left_s if timeout_s is None else min(timeout_s, left_s)

    def _left_s(self) -> float | None:
        ends_at_s: float | None = getattr(self._local, "ends_at_s", None)
        return None if ends_at_s is None else ends_at_s - self._monotonic_s()


class BoundTransport(httpx.HTTPTransport):
    """The library's transport over sockets that keep a deadline.

    Args:
        deadline: That of the client.
        limits: How many connections there may be.
        proxy: The proxy's URL, or None.
    """

    def __init__(self, deadline: Deadline, limits: httpx.Limits, proxy: str | None) -> None:
        super().__init__(limits=limits, proxy=proxy)
        self._pool._network_backend = _Backend(deadline)  # the library has no argument for it


class _Backend(httpcore.NetworkBackend):
    """Makes connections that keep a deadline."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        self._inner = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect, within what is left of the exchange."""
        timeout_s = self._deadline.bounded(timeout)
        stream = self._inner.connect_tcp(host, port, timeout_s, local_address, socket_options)
        return _Stream(stream, self._deadline)


class _Stream(httpcore.NetworkStream):
    """One connection, plain or encrypted."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._inner = inner
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return what arrives, within what is left of the exchange."""
        return self._inner.read(max_bytes, self._deadline.bounded(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send everything, within what is left of the exchange."""
        for start in range(0, len(buffer), _WRITE_BYTES):
            part = buffer[start : start + _WRITE_BYTES]
            self._inner.write(part, self._deadline.bounded(timeout))

    def close(self) -> None:
        """Close the connection."""
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        """Return this connection encrypted, agreed upon within what is left of the exchange."""
        timeout_s = self._deadline.bounded(timeout)
        encrypted = self._inner.start_tls(ssl_context, server_hostname, timeout_s)
        return _Stream(encrypted, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        """Return what the library wants to know of the connection."""
        return self._inner.get_extra_info(info)
