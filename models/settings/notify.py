"""Who is told what becomes of runs: a command, a webhook, or any service through Apprise."""

from __future__ import annotations

import shlex
from enum import StrEnum

from msgspec import Struct

from models.settings import table
from models.settings.loopback import gives_away
from models.settings.setting import Environ
from models.settings.urls import is_http_address


class About(StrEnum):
    """What somebody may be told of."""

    FAILED = "failed"
    STALLED = "stalled"
    SUCCESS = "success"


class NotifySettings(Struct, frozen=True):
    """What is told, and to whom; nothing of it may be shown but which receivers there are.

    Args:
        about: What is told.
        command: A program and its arguments; empty for none.
        webhook: An address; empty for none.
        webhook_secret: What its messages are signed with; empty for no signature.
        apprise: Addresses as Apprise has them.
    """

    about: frozenset[About]
    command: tuple[str, ...] = ()
    webhook: str = ""
    webhook_secret: str = ""
    apprise: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"NotifySettings(about={self.about!r})"

    @property
    def receivers(self) -> tuple[str, ...]:
        """Return the kinds of receivers that there are."""
        named = {"command": self.command, "webhook": self.webhook, "apprise": self.apprise}
        return tuple(name for name, value in named.items() if value)


def notify_settings(environ: Environ = None) -> NotifySettings:
    """Return who is told of what.

    Raises:
        ConfigError: A setting cannot be understood; the message never holds an address or secret.
    """
    webhook = table.NOTIFY_WEBHOOK.text(environ)
    if webhook and (not is_http_address(webhook) or gives_away(webhook)):
        raise table.NOTIFY_WEBHOOK.refused(
            webhook, "no https:// address (or http:// of this machine)", environ=environ
        )
    return NotifySettings(
        _about(environ),
        _command(environ),
        webhook,
        table.NOTIFY_WEBHOOK_SECRET.text(environ),
        tuple(table.NOTIFY_APPRISE.text(environ).split()),
    )


def _about(environ: Environ) -> frozenset[About]:
    setting = table.NOTIFY_ON
    words = (setting.text(environ) or "failed stalled").replace(",", " ").split()
    try:
        return frozenset(About(word.lower()) for word in words)
    except ValueError as exc:
        raise setting.refused(
            " ".join(words), "more than failed, stalled and success", environ=environ
        ) from exc


def _command(environ: Environ) -> tuple[str, ...]:
    setting = table.NOTIFY_COMMAND
    text = setting.text(environ)
    try:
        return tuple(shlex.split(text))
    except ValueError as exc:
        raise setting.refused(text, "no list of words: a quote is open", environ=environ) from exc
