"""Who may see the page of `scout web` from where, and who may act there."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from models.settings import table
from models.settings.setting import Environ, Setting

#: Shorter ones can be guessed.
TOKEN_MIN_LENGTH = 16
_TOKEN = re.compile(rf"[!-~]{{{TOKEN_MIN_LENGTH},256}}")
_HEADER = re.compile(r"[A-Za-z0-9-]{1,64}")
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?")
_LOOPBACK = "127.0.0.0/8, ::1"

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class WebSettings:
    """Who is let in; without any of it, everybody who can reach the page.

    Args:
        token: Who has it may see, and act where acting is on; empty for none.
        read_token: Who has it may see; empty for none.
        user_header: The header in which a proxy names who asks; empty for none.
        proxies: From where that header is believed.
        operators: Whom of those it names may act.
        hosts: Names under which the page is reached, beside those of this machine.
    """

    token: str = field(default="", repr=False)
    read_token: str = field(default="", repr=False)
    user_header: str = ""
    proxies: tuple[Network, ...] = ()
    operators: frozenset[str] = frozenset()
    hosts: tuple[str, ...] = ()

    @property
    def asks_who(self) -> bool:
        """Say whether anybody is asked who they are."""
        return bool(self.token or self.read_token or self.user_header)

    def is_proxy(self, address: str) -> bool:
        """Say whether the header is believed from an address."""
        try:
            asked = ip_address(address)
        except ValueError:
            return False
        return any(asked in network for network in self.proxies)


def web_settings(environ: Environ = None) -> WebSettings:
    """Return the settings of the page.

    Raises:
        ConfigError: One cannot be used.
    """
    proxies = table.WEB_PROXIES.text(environ) or _LOOPBACK
    token = _matching(table.WEB_TOKEN, _TOKEN, _SHORT, environ)
    read_token = _matching(table.WEB_READ_TOKEN, _TOKEN, _SHORT, environ)
    if token and token == read_token:
        same = f"the same as {table.WEB_TOKEN.name}: who should only read could act"
        raise table.WEB_READ_TOKEN.refused(read_token, same, environ=environ)
    return WebSettings(
        token,
        read_token,
        _matching(table.WEB_USER_HEADER, _HEADER, "no name of a header", environ),
        tuple(_network(one, environ) for one in _listed(proxies)),
        frozenset(_listed(table.WEB_OPERATORS.text(environ))),
        _hosts(environ),
    )


_SHORT = f"shorter than {TOKEN_MIN_LENGTH} characters, or has others than printable ASCII in it"


def _matching(setting: Setting, form: re.Pattern[str], problem: str, environ: Environ) -> str:
    text = setting.text(environ)
    if text and not form.fullmatch(text):
        raise setting.refused(text, problem, environ=environ)
    return text


def _network(text: str, environ: Environ) -> Network:
    try:
        return ip_network(text)
    except ValueError as exc:
        raise table.WEB_PROXIES.refused(text, "no address or network", environ=environ) from exc


def _hosts(environ: Environ) -> tuple[str, ...]:
    hosts = _listed(table.WEB_HOSTS.text(environ))
    for one in hosts:
        if not _HOST.fullmatch(one):
            raise table.WEB_HOSTS.refused(one, "no name of a host", environ=environ)
    return tuple(one.lower() for one in hosts)


def _listed(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]
