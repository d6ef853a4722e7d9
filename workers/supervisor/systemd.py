"""Telling systemd that the workers are ready, still looked after, or stopping (`sd_notify`).

A datagram to the socket that a unit with `Type=notify` names; without one nothing is sent. What
cannot be sent is not worth a worker: systemd itself acts on what it does not hear.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import MutableMapping
from contextlib import suppress

_SOCKET = "NOTIFY_SOCKET"
_WATCHDOG_US = "WATCHDOG_USEC"
_WATCHDOG_PID = "WATCHDOG_PID"


class Systemd:
    """What this process tells systemd.

    The variables are taken out of the environment: what the process starts is not to answer.

    Args:
        environ: The environment; `os.environ` by default.
    """

    def __init__(self, environ: MutableMapping[str, str] | None = None) -> None:
        environ = os.environ if environ is None else environ
        self._address = environ.pop(_SOCKET, "")
        interval_us = environ.pop(_WATCHDOG_US, "")
        pid = environ.pop(_WATCHDOG_PID, "")
        mine = pid in {"", str(os.getpid())}
        #: Seconds between two signs of life, half of what systemd waits for; None if it does not.
        self.watchdog_s = int(interval_us) / 2e6 if interval_us.isdecimal() and mine else None
        self._alive_s = float("-inf")
        self._is_ready = False

    def ready(self, status: str) -> None:
        """Say, once, that the service does its work."""
        if not self._is_ready:
            self._is_ready = True
            self._send("READY=1", f"STATUS={status}")

    def stopping(self, status: str) -> None:
        """Say that the service is about to end."""
        self._send("STOPPING=1", f"STATUS={status}")

    def alive(self) -> None:
        """Give a sign of life, no more often than systemd needs it."""
        now_s = time.monotonic()
        if self.watchdog_s is not None and now_s - self._alive_s >= self.watchdog_s:
            self._alive_s = now_s
            self._send("WATCHDOG=1")

    def _send(self, *lines: str) -> None:
        if not self._address:
            return
        # An address that begins with @ has no file; the kernel wants a NUL in its place.
        address = "\0" + self._address[1:] if self._address[0] == "@" else self._address
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.setblocking(False)
            sender.connect(address)
            sender.send("\n".join(line.replace("\n", " ") for line in lines).encode())
