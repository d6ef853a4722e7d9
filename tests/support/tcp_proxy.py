"""A proxy before a server that forgets connections, or breaks one when the answer is on its way.

A forgotten connection takes what comes and says nothing, as a load balancer that is stuck does.
Unlike a dead peer it acknowledges, so no kernel notices.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class _Link:
    """One connection of a client, and the one to the server that belongs to it."""

    def __init__(self, proxy: TcpProxy, client: socket.socket, server: socket.socket) -> None:
        self.forgotten = False
        self.breaks = False
        self._proxy, self._client, self._server = proxy, client, server
        for target in (self._ask, self._answer):
            threading.Thread(target=target, daemon=True).start()

    def close(self) -> None:
        for one in (self._client, self._server):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _ask(self) -> None:
        with contextlib.suppress(OSError):
            while data := self._client.recv(65536):
                if not self.forgotten:
                    self.breaks = self._proxy.breaks_at(data)
                    self._server.sendall(data)
        if not self.forgotten:
            self.close()

    def _answer(self) -> None:
        with contextlib.suppress(OSError):
            while (data := self._server.recv(65536)) and not self.breaks:
                if not self.forgotten:
                    self._client.sendall(data)
        if not self.forgotten:
            self.close()


class TcpProxy:
    """Passes connections on to a server.

    Args:
        target: The path of the server's socket, or its host and port.
        tls: What it shows to clients, which then must speak TLS.
    """

    def __init__(self, target: Path | tuple[str, int], tls: ssl.SSLContext | None = None) -> None:
        self._target, self._tls = target, tls
        self._links: list[_Link] = []
        self._needle: bytes | None = None
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def forget(self) -> None:
        """Swallow from now on whatever comes over the connections that there are."""
        for link in self._links:
            link.forgotten = True

    def break_at(self, needle: bytes) -> None:
        """Pass the next message on that has some bytes in it, and keep its answer."""
        self._needle = needle

    def breaks_at(self, data: bytes) -> bool:
        """Say whether this is that message; it is one only once."""
        if self._needle is None or self._needle not in data:
            return False
        self._needle = None
        return True

    def close(self) -> None:
        """Close everything."""
        self._listener.close()
        for link in self._links:
            link.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                with contextlib.suppress(ssl.SSLError):  # of a client that does not trust us
                    if self._tls is not None:
                        client = self._tls.wrap_socket(client, server_side=True)
                    self._links.append(_Link(self, client, self._server()))

    def _server(self) -> socket.socket:
        if isinstance(self._target, Path):
            server = socket.socket(socket.AF_UNIX)
            server.connect(str(self._target))
            return server
        return socket.create_connection(self._target)


@contextmanager
def tcp_proxy(
    target: Path | tuple[str, int], tls: ssl.SSLContext | None = None
) -> Iterator[TcpProxy]:
    """Run a proxy for the block."""
    proxy = TcpProxy(target, tls)
    try:
        yield proxy
    finally:
        proxy.close()
