"""Keeps dry runs off the network: whatever a dry step tries to reach is refused and recorded.

An audit hook sees every connection that Python code opens, whichever library makes it, and every
process it starts. The configured broker and database stay reachable.
"""

from __future__ import annotations

import socket
import sys
from typing import Any
from urllib.parse import urlsplit

from models.errors import NetworkBlockedError
from models.log_context import current_work
from models.settings.runtime import Settings
from models.settings.urls import without_credentials
from models.text.clean import clean_text
from workers.attempts.attempt import current_attempt

_DEFAULT_PORTS = {
    "redis": 6379,
    "rediss": 6379,
    "postgresql": 5432,
    "postgres": 5432,
    "amqp": 5672,
    "amqps": 5671,
}
_ADDRESS_EVENTS = {"socket.connect": 1, "socket.sendto": 1, "socket.sendmsg": 1}
_NAME_EVENTS = {
    "socket.getaddrinfo": 0,
    "socket.gethostbyname": 0,
    "socket.gethostbyaddr": 0,
    "socket.getnameinfo": 0,
}
_PROCESS_EVENTS = {
    "subprocess.Popen": 0,
    "os.system": 0,
    "os.posix_spawn": 0,
    "os.exec": 0,
    "os.fork": 0,
    "os.forkpty": 0,
}
_EVENTS = _ADDRESS_EVENTS | _NAME_EVENTS | _PROCESS_EVENTS

#: Host and port; a Unix socket's path with port 0.
_allowed: set[tuple[str, int]] = set()
_installed = False


def install_network_guard(settings: Settings) -> None:
    """Refuse connections of dry runs from now on, except to the broker and the database."""
    global _installed  # noqa: PLW0603 - an audit hook cannot be taken out again
    for url in (settings.broker_url, settings.database_url):
        parts = urlsplit(url)
        if parts.hostname:
            port = parts.port or _DEFAULT_PORTS.get(parts.scheme, 0)
            _allowed.add((parts.hostname, port))
        elif parts.scheme == "unix":
            _allowed.add((parts.path, 0))
    if not _installed:
        sys.addaudithook(_hook)
        _installed = True


def _hook(event: str, args: tuple[Any, ...]) -> None:
    if event not in _EVENTS or not current_work().dry:
        return
    target = args[_EVENTS[event]] if args else event  # a fork names nothing
    if event in _ADDRESS_EVENTS and _is_allowed_address(target):
        return
    if event in _NAME_EVENTS and any(str(target) == host for host, _ in _allowed):
        return
    _refuse(event, target)


def _is_allowed_address(address: Any) -> bool:
    if not isinstance(address, tuple):
        return (address, 0) in _allowed
    host, port = str(address[0]), int(address[1])
    if (host, port) in _allowed:
        return True
    return any(host in _addresses_of(name) for name, its_port in _allowed if its_port == port)


def _addresses_of(name: str) -> set[str]:
    """Resolve the broker's or the database's name, which is what gets connected to."""
    try:
        return {str(info[4][0]) for info in socket.getaddrinfo(name, None)}
    except OSError:
        return set()


def _refuse(event: str, target: Any) -> None:
    if isinstance(target, tuple):
        text = ":".join(str(part) for part in target[:2])
    else:
        text = target.decode(errors="replace") if isinstance(target, bytes) else str(target)
    text = clean_text(without_credentials(text), 200)
    attempt = current_attempt()
    if attempt is not None:
        attempt.blocked.append(text)
    verb = "start a process" if event in _PROCESS_EVENTS else "reach the network"
    raise NetworkBlockedError(
        f"A dry run must not {verb}: {text}.", "A dry run uses fixtures only."
    )
