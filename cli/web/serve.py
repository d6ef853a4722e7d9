"""The server of the page: a socket that is bound before anything is said, and an end at once."""

from __future__ import annotations

import asyncio
import errno
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from cli.web.streams import Hub
from models.codes import Code
from models.errors import ConfigError, InputError

_BACKLOG = 512
_WORDS = {
    errno.EADDRINUSE: ("is taken by another program", "Name another with --port; 0 takes any."),
    errno.EACCES: ("may not be used by you", "Name one above 1023 with --port."),
    errno.EADDRNOTAVAIL: ("is no address of this machine", "Name one with --host."),
}


def bound_socket(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Args:
        host: An address or name of this machine.
        port: The port; 0 for any that is free.

    Raises:
        ConfigError: The port is taken.
        InputError: It is none that can be had here.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, *_, address = found[0]
        return socket.create_server(
            (str(address[0]), int(address[1])), family=family, backlog=_BACKLOG
        )
    except socket.gaierror as exc:
        raise InputError(f"{host!r} is no name of this machine.", "Name one with --host.") from exc
    except OSError as exc:
        problem, hint = _WORDS.get(exc.errno or 0, (f"cannot be used: {exc.strerror}", ""))
        what = host if exc.errno == errno.EADDRNOTAVAIL else f"Port {port} of {host}"
        raise ConfigError(f"{what} {problem}.", hint, code=Code.SYSTEM_ERROR) from exc


def serve(
    app: ASGIApp, hub: Hub, listening: socket.socket, ready: Callable[[], None] = lambda: None
) -> None:
    """Serve until SIGTERM or Ctrl-C, then end at once, also where somebody watches.

    Args:
        app: The application.
        hub: Its streams.
        listening: Where to listen.
        ready: Called when requests are answered, and a signal ends it in order.
    """
    config = uvicorn.Config(
        app,
        access_log=False,
        log_config=None,
        lifespan="on",
        proxy_headers=False,  # who asks is who is connected
        server_header=False,
        timeout_graceful_shutdown=2,
    )
    asyncio.run(_PageServer(config, hub, ready).serve(sockets=[listening]))


class _PageServer(uvicorn.Server):
    """A server whose end begins with its streams: those who watch would hold it for ever."""

    def __init__(self, config: uvicorn.Config, hub: Hub, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._hub, self._ready = hub, ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer, and say so."""
        await super().startup(sockets)
        if self.started:
            self._ready()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take the signals that end a server, for as long as it serves."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._end)
        try:
            yield
        finally:
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(number)

    def _end(self) -> None:
        self.force_exit, self.should_exit = self.should_exit, True
        self._hub.close()
