"""Who asks, and what they may do: a token, a proxy's word, or being at this machine."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable
from enum import StrEnum

from msgspec import Struct
from starlette.requests import HTTPConnection

from models.settings.web import WebSettings
from models.text.clean import clean_text

COOKIE = "scout_session"
SESSION_S = 12 * 3600
_NAME_MAX_LENGTH = 100


class Role(StrEnum):
    """What somebody may do."""

    READER = "reader"
    OPERATOR = "operator"


class Visitor(Struct, frozen=True):
    """Who asks; the name is for the audit log."""

    name: str
    role: Role


class Access:
    """Tells who asks.

    Args:
        settings: Who is let in.
        local_name: Who is at this machine, where nobody is asked.
        now_s: The time in Unix seconds.
    """

    def __init__(
        self, settings: WebSettings, local_name: str, now_s: Callable[[], float] = time.time
    ) -> None:
        self.settings = settings
        self._local_name, self._now_s = local_name, now_s
        tokens = {Role.OPERATOR: settings.token, Role.READER: settings.read_token}
        self._tokens = {role: token.encode() for role, token in tokens.items() if token}

    @property
    def has_tokens(self) -> bool:
        """Say whether somebody can sign in with a token."""
        return bool(self._tokens)

    def visitor(self, asked: HTTPConnection) -> Visitor | None:
        """Return who asks, or None where that must be found out first."""
        if not self.settings.asks_who:
            return Visitor(self._local_name, Role.OPERATOR)
        address = asked.client.host if asked.client else ""
        if self.settings.user_header and self.settings.is_proxy(address):
            names = asked.headers.getlist(self.settings.user_header)
            name = clean_text(names[0], _NAME_MAX_LENGTH) if len(names) == 1 else ""
            if name:
                role = Role.OPERATOR if names[0] in self.settings.operators else Role.READER
                return Visitor(name, role)
        scheme, _, token = asked.headers.get("authorization", "").partition(" ")
        known = self.role_of(token) if scheme.lower() == "bearer" else None
        known = known or self._role_in(asked.cookies.get(COOKIE, ""))
        return Visitor(f"the {known}'s token from {address}", known) if known else None

    def role_of(self, token: str) -> Role | None:
        """Return what a token allows, or None where it is none of ours."""
        given = token.strip().encode("utf-8", "replace")
        found = [role for role, known in self._tokens.items() if hmac.compare_digest(given, known)]
        return found[0] if found else None

    def session(self, role: Role) -> str:
        """Return the value of a cookie that stands for a token, for some hours."""
        return self._signed(role, int(self._now_s()) + SESSION_S)

    def _role_in(self, cookie: str) -> Role | None:
        name, _, rest = cookie.partition(".")
        until, _, _ = rest.partition(".")
        if name not in self._tokens or not (until.isascii() and until.isdigit()):
            return None
        role, until_s = Role(name), int(until[:12])
        right = hmac.compare_digest(
            cookie.encode("utf-8", "replace"), self._signed(role, until_s).encode()
        )
        return role if right and until_s > self._now_s() else None

    def _signed(self, role: Role, until_s: int) -> str:
        """Return a cookie's value; another token makes all that stood for the old one worthless."""
        key = hashlib.sha256(b"scout web session\0" + self._tokens[role]).digest()
        text = f"{role}.{until_s}"
        return f"{text}.{hmac.new(key, text.encode(), hashlib.sha256).hexdigest()}"
