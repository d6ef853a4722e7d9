"""Which GitHub is read, and as whom: from the environment, checked before anything is sent."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass, field
from urllib.parse import SplitResult, quote, urlsplit

from models.settings import table
from models.settings.defaults import GITHUB_URL
from models.settings.loopback import gives_away
from models.settings.setting import Environ, Setting
from models.settings.urls import is_torn

_TOKEN = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True, slots=True)
class GitHubSettings:
    """A GitHub and the token for it; without a token GitHub answers, but seldom.

    Args:
        base_url: Where its REST API begins; no slash at the end.
        token: The token, which never leaves this object but in a request to that server.
    """

    base_url: str = GITHUB_URL
    token: str | None = field(default=None, repr=False)

    @property
    def web_url(self) -> str:
        """Return where people see what this API tells of; no slash at the end.

        The API of github.com and of GHE.com is a host of its own (`api.`), that of a server on
        one's own premises a path (`/api/v3`).
        """
        parts = urlsplit(self.base_url)
        host = parts.netloc.removeprefix("api.") if parts.path in {"", "/"} else parts.netloc
        return f"{parts.scheme}://{host}{quote(parts.path.removesuffix('/api/v3'), safe='/')}"

    @property
    def identity(self) -> str:
        """Return what tells this server and token from others, without saying the token.

        GitHub's quotas, and the ETags of its answers, belong to a token.
        """
        key = (self.token or "no token").encode()
        return hmac.new(key, self.base_url.encode(), hashlib.sha256).hexdigest()[:16]


def named_server(environ: Environ = None) -> GitHubSettings:
    """Return the server and token that the environment names, unchecked."""
    url = table.GITHUB_URL.text(environ).rstrip("/") or GITHUB_URL
    return GitHubSettings(url, token_setting(url, environ).text(environ) or None)


def token_setting(url: str, environ: Environ = None) -> Setting:
    """Return the setting whose token a server gets; `gh` has the same order, and the same bound.

    Args:
        url: Where the server's REST API begins.
        environ: What to read instead of the environment.
    """
    host = url.partition("://")[2].partition("/")[0].lower()
    is_githubs = host == "api.github.com" or host.endswith(".ghe.com")
    return table.GH_TOKEN if is_githubs and table.GH_TOKEN.is_set(environ) else table.GITHUB_TOKEN


def github_settings(environ: Environ = None) -> GitHubSettings:
    """Return the settings that `SCOUT_GITHUB_URL` and `GITHUB_TOKEN` describe.

    Raises:
        ConfigError: One of them cannot be used; the message names it, and never holds the token.
    """
    named = named_server(environ)
    if named.token is not None and not _TOKEN.fullmatch(named.token):
        raise token_setting(named.base_url, environ).refused(
            named.token, "no token: it holds characters that none has"
        )
    _check(named.base_url, _split(named.base_url))
    return named


def _split(url: str) -> SplitResult:
    if is_torn(url):
        raise table.GITHUB_URL.torn()
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as exc:
        raise table.GITHUB_URL.refused(url, "no URL") from exc
    return parts


def _check(url: str, parts: SplitResult) -> None:
    refused = table.GITHUB_URL.refused
    if parts.scheme not in {"https", "http"} or not parts.hostname or not url.isascii():
        raise refused(url, "not the URL of a server")
    if parts.username is not None or parts.password is not None:
        raise refused(
            url, "more than an address: it holds a user or password", "Use GITHUB_TOKEN instead."
        )
    if parts.query or parts.fragment or any(char <= " " for char in url):
        raise refused(url, "more than a server and a path")
    if gives_away(url):
        raise refused(url, "not encrypted, and would give the token away", "Use https.")
