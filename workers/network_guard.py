"""Keeps dry runs off the network: whatever a dry step tries to reach is refused and recorded.

An audit hook sees every connection that Python code opens, whichever library makes it, and every
process it starts. The configured broker and database stay reachable. Where a process executes one
dry run and nothing else, the kernel holds it as well (`workers.seccomp`).
"""

from __future__ import annotations

import socket
import sys
import threading
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from models.errors import NetworkBlockedError
from models.log_context import current_work
from models.network_guard import record_seccomp
from models.settings.notify import notify_settings
from models.settings.runtime import Settings
from models.settings.tracing import tracing_settings
from models.settings.urls import without_credentials
from models.text.clean import clean_text
from workers.attempts.attempt import Attempt, current_attempt
from workers.worker_name import worker_name

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
#: A look-up of a function in a native library, of which a few lead out.
_NATIVE_EVENTS = {"ctypes.dlsym": 1, "ctypes.dlsym/handle": 1}
_NATIVE_WAYS_OUT = frozenset({
    "socket", "connect", "sendto", "sendmsg", "getaddrinfo", "gethostbyname", "syscall", "system",
    "popen", "fork", "vfork", "posix_spawn", "posix_spawnp", "execl", "execlp", "execle", "execv",
    "execve", "execvp", "execvpe",
})  # fmt: skip
_EVENTS = _ADDRESS_EVENTS | _NAME_EVENTS | _PROCESS_EVENTS | _NATIVE_EVENTS

_VERBS = dict.fromkeys(_PROCESS_EVENTS, "start a process") | dict.fromkeys(
    _NATIVE_EVENTS, "call the system past Python"
)

#: Host and port; a Unix socket's path with port 0.
_allowed: set[tuple[str, int]] = set()
_installed = False
#: Which dry attempt a thread was started by, where its context does not say.
_started_by: WeakKeyDictionary[threading.Thread, Attempt] = WeakKeyDictionary()


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
        _guard_fork_exec()
        _remember_threads()
        _installed = True


def _hook(event: str, args: tuple[Any, ...]) -> None:
    if event not in _EVENTS or not _is_dry():
        return
    target = args[_EVENTS[event]] if args else event  # a fork names nothing
    if event in _ADDRESS_EVENTS and _is_allowed_address(target):
        return
    if event in _NAME_EVENTS and any(str(target) == host for host, _ in _allowed):
        return
    if event in _NATIVE_EVENTS and target not in _NATIVE_WAYS_OUT:
        return
    _refuse(event, target)


def _is_dry() -> bool:
    """Say whether this thread works for a dry step: by its context, or by who started it."""
    work = current_work()
    if work.run_id is not None:
        return work.dry
    attempt = _origin()
    return attempt is not None and attempt.in_body


def _origin() -> Attempt | None:
    # Not `current_thread`: in a thread that Python did not start it would make an object, and log.
    thread = threading._active.get(threading.get_ident())  # type: ignore[attr-defined]
    return _started_by.get(thread) if thread is not None else None


def _remember_threads() -> None:
    """Know of every thread which dry attempt started it; not every Python has an event for that."""
    real = threading.Thread.start

    def start(thread: threading.Thread) -> None:
        attempt = current_attempt() if current_work().dry else _origin()
        if attempt is not None:
            _started_by[thread] = attempt
        real(thread)

    threading.Thread.start = start  # type: ignore[method-assign, assignment]


def _guard_fork_exec() -> None:
    """See also what `multiprocessing` starts, which goes past every audit event."""
    try:
        import _posixsubprocess
    except ImportError:
        return  # no such thing on this system
    real = _posixsubprocess.fork_exec

    def fork_exec(*args: Any) -> int:
        if _is_dry():
            _refuse("subprocess.Popen", args[0][0] if args and args[0] else "a program")
        return real(*args)

    _posixsubprocess.fork_exec = fork_exec


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
    attempt = current_attempt() or _origin()
    if attempt is not None:
        attempt.blocked.append(text)
    verb = _VERBS.get(event, "reach the network")
    raise NetworkBlockedError(
        f"A dry run must not {verb}: {text}.", "A dry run uses fixtures only."
    )


def hold_process_to_dry_runs(settings: Settings) -> None:
    """Have the kernel keep this process off the network for good; for one that lives for a dry run.

    Where the database or the broker is behind the network, traces or notices are sent, or the
    system has no such thing, the audit hook stays the only guard.
    """
    from workers.seccomp import refuse_network

    is_local = settings.broker_kind == "memory" and settings.database_url.startswith("sqlite")
    speaks = tracing_settings().wanted or bool(notify_settings().receivers)
    if is_local and not speaks and refuse_network():
        record_seccomp(worker_name())
