"""A server on loopback that answers with bytes, in whatever pieces and at whatever pace."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

#: Sends what it likes to a client whose request was read; the event says that the test is over.
Script = Callable[[socket.socket, threading.Event], None]
DRIPS_S = 10.0


class RawServer:
    """Where it listens, and the requests that it got."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.requests: list[bytes] = []


@contextmanager
def raw_server(script: Script) -> Iterator[RawServer]:
    """Answer every request with a script until the block ends."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = RawServer(listener.getsockname()[1])

        def serve(connection: socket.socket) -> None:
            with connection, suppress(OSError):
                while not over.is_set() and (request := _request(connection)):
                    server.requests.append(request)
                    script(connection, over)

        def accept() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    threading.Thread(target=serve, args=(connection,), daemon=True).start()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            over.set()
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(10)


def answering(head: str, body: bytes = b"") -> Script:
    """Return a script that sends one answer whole."""

    def script(connection: socket.socket, over: threading.Event) -> None:
        lines = f"HTTP/1.1 {head}\r\nContent-Length: {len(body)}\r\n\r\n"
        connection.sendall(lines.encode() + body)

    return script


def dripping(beginning: bytes, drop: bytes, every_s: float) -> Script:
    """Return a script that begins to answer, and then sends a little now and then.

    It does so for longer than any client should listen, but not for ever: a test must fail.
    """

    def script(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(beginning)
        ends_at_s = time.monotonic() + DRIPS_S
        while not over.wait(every_s) and time.monotonic() < ends_at_s:
            connection.sendall(drop)
        connection.shutdown(socket.SHUT_RDWR)

    return script


def _request(connection: socket.socket) -> bytes:
    """Return one request; its body is read as far as its length says."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += (piece := connection.recv(65_536))
        if not piece:
            return b""
    head, _, body = received.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    while length and len(body) < int(length[1]):
        body += connection.recv(65_536)
    return head + b"\r\n\r\n" + body
