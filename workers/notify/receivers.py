"""Sending a message: to a program, to an address, or to whatever Apprise knows."""

from __future__ import annotations

import hashlib
import hmac
import logging
import os
import subprocess
import time
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

import msgspec

from models.codes import Code
from models.errors import ConfigError, ScoutError
from models.settings.notify import NotifySettings
from models.version import __version__
from workers.notify.message import Message

#: Seconds that a receiver gets; one that needs longer should put the work aside.
COMMAND_S = 30.0
WEBHOOK_S = 10.0
#: What a program finds of our environment: nothing that could be a secret of ours.
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "USER", "LOGNAME", "XDG_RUNTIME_DIR")


class NotToldError(ScoutError):
    """A receiver was not told; trying again may help."""

    code = Code.RECEIVER_NOT_TOLD


def send(receiver: str, message: Message, settings: NotifySettings) -> None:
    """Tell one receiver.

    Args:
        receiver: command, webhook or apprise.
        message: What it is told.
        settings: Who that is.

    Raises:
        NotToldError: It was not told.
        ConfigError: What sending needs is not installed.
    """
    _SENDERS[receiver](message, settings)


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Return what a POST is signed with: HMAC-SHA256 over its time, a full stop, and its body."""
    signed = timestamp.encode() + b"." + body
    return "sha256=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def _run(message: Message, settings: NotifySettings) -> None:
    facts = {f"NOTIFY_{name.upper()}": value for name, value in message.facts().items()}
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    program = settings.command[0]
    try:
        done = subprocess.run(
            settings.command,
            input=msgspec.json.encode(message) + b"\n",
            env={**kept, **facts},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=COMMAND_S,
            check=False,
            start_new_session=True,
        )
    except subprocess.TimeoutExpired as exc:
        raise NotToldError(f"{program} did not end within {COMMAND_S:g} s.") from exc
    except OSError as exc:
        raise NotToldError(f"{program} cannot be started: {exc.strerror}.") from exc
    if done.returncode != 0:
        raise NotToldError(f"{program} ended with exit code {done.returncode}.")


def _post(message: Message, settings: NotifySettings) -> None:
    from tasks.sources.http.client import Bounds, ExchangeError, HttpClient

    parts = urlsplit(settings.webhook)
    host = parts.hostname
    body = msgspec.json.encode(message)
    timestamp = str(int(time.time()))
    headers = {
        "Content-Type": "application/json",
        "User-Agent": f"scout/{__version__}",
        "X-Scout-Event": message.event,
        "X-Scout-Delivery": message.id,
        "X-Scout-Timestamp": timestamp,
    }
    if settings.webhook_secret:
        headers["X-Scout-Signature"] = signature(settings.webhook_secret, timestamp, body)
    client = HttpClient(
        f"{parts.scheme}://{parts.netloc}",
        methods=frozenset({"POST"}),
        bounds=Bounds(WEBHOOK_S, WEBHOOK_S, connect_s=WEBHOOK_S / 2),
        headers=headers,
        service="webhook",
    )
    try:
        target = parts._replace(scheme="", netloc="", fragment="", path=parts.path or "/").geturl()
        answer = client.exchange("POST", target, max_bytes=1 << 16, content=body)
    except ExchangeError as exc:
        raise NotToldError(f"{host} cannot be reached: {exc}.") from exc
    finally:
        client.close()
    if not 200 <= answer.status < 300:
        raise NotToldError(f"{host} answered with status {answer.status}.")


def _apprise(message: Message, settings: NotifySettings) -> None:
    try:
        import apprise
    except ImportError as exc:
        from models.install_hint import library_missing

        raise library_missing(
            "SCOUT_NOTIFY_APPRISE needs Apprise, which is not installed.", "notify"
        ) from exc
    logging.getLogger("apprise").setLevel(logging.CRITICAL)  # its lines hold addresses
    services = apprise.Apprise()
    unknown = sum(not services.add(url) for url in settings.apprise)
    if unknown:
        raise ConfigError(
            f"Apprise does not understand {unknown} of {len(settings.apprise)} addresses in"
            " SCOUT_NOTIFY_APPRISE."
        )
    if not services.notify(body=message.text, title=message.title):
        raise NotToldError("Not every service that Apprise told has taken it.")


_SENDERS: Mapping[str, Callable[[Message, NotifySettings], None]] = {
    "command": _run,
    "webhook": _post,
    "apprise": _apprise,
}
