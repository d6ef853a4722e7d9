"""A proxy before a server that forgets connections, or breaks one when the answer is on its way."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path

from workers.drill.forgetful_proxy import ForgetfulProxy


class TcpProxy(ForgetfulProxy):
    """Passes connections on to a server.

    Args:
        target: The path of the server's socket, or its host and port.
        tls: What it shows to clients, which then must speak TLS.
    """

    def __init__(self, target: Path | tuple[str, int], tls: ssl.SSLContext | None = None) -> None:
        self._path, self._tls = target if isinstance(target, Path) else None, tls
        self._needle: bytes | None = None
        super().__init__(("", 0) if isinstance(target, Path) else target)

    def break_at(self, needle: bytes) -> None:
        """Pass the next message on that has some bytes in it, and keep its answer."""
        self._needle = needle

    def breaks_at(self, data: bytes) -> bool:
        """Say whether this is that message; it is one only once."""
        if self._needle is None or self._needle not in data:
            return False
        self._needle = None
        return True

    def accepted(self, client: socket.socket) -> socket.socket:
        """Speak TLS where that is wanted."""
        return client if self._tls is None else self._tls.wrap_socket(client, server_side=True)

    def server(self) -> socket.socket:
        """Connect to the server."""
        if self._path is None:
            return super().server()
        server = socket.socket(socket.AF_UNIX)
        server.connect(str(self._path))
        return server
