"""A proxy before a server that forgets the connections that there are.

A forgotten connection takes what comes and says nothing, as a load balancer that is stuck does.
Unlike a dead peer it acknowledges, so no kernel notices.
"""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import Self


class ForgetfulProxy:
    """Passes connections on to a server; a context manager.

    Args:
        target: The server's host and port.

    Attributes:
        port: Where it listens, on this machine.
    """

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._links: list[_Link] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def forget(self) -> None:
        """Swallow from now on whatever comes over the connections that there are."""
        for link in self._links:
            link.forgotten = True

    def close(self) -> None:
        """Close everything."""
        self._listener.close()
        for link in self._links:
            link.close()

    def breaks_at(self, data: bytes) -> bool:
        """Say whether the connection breaks after this message, without an answer."""
        return False

    def accepted(self, client: socket.socket) -> socket.socket:
        """Return how to speak with a client that has connected; an OSError lets it go."""
        return client

    def server(self) -> socket.socket:
        """Connect to the server."""
        return socket.create_connection(self._target)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:  # it is closed
                return
            with suppress(OSError):
                self._links.append(_Link(self, self.accepted(client), self.server()))


class _Link:
    """One connection of a client, and the one to the server that belongs to it."""

    def __init__(self, proxy: ForgetfulProxy, client: socket.socket, server: socket.socket) -> None:
        self.forgotten = False
        self.breaks = False
        self._proxy, self._client, self._server = proxy, client, server
        for target in (self._ask, self._answer):
            threading.Thread(target=target, daemon=True).start()

    def close(self) -> None:
        for one in (self._client, self._server):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _ask(self) -> None:
        with suppress(OSError):
            while data := self._client.recv(65536):
                if not self.forgotten:
                    self.breaks = self._proxy.breaks_at(data)
                    self._server.sendall(data)
        if not self.forgotten:
            self.close()

    def _answer(self) -> None:
        with suppress(OSError):
            while (data := self._server.recv(65536)) and not self.breaks:
                if not self.forgotten:
                    self._client.sendall(data)
        if not self.forgotten:
            self.close()
