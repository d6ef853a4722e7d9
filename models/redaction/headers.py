"""Credentials that follow the name of an HTTP authentication scheme, and curl's `-u`."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator

from models.redaction.spans import Rule, Span

_GAP = r"(?:[ \t]|%20|\\t|\+){1,4}"
_BEARER = re.compile(rf"(?i:bearer){_GAP}(?=([\w.~+/=\-%|:]+))", re.ASCII)
_BASIC = re.compile(rf"(?i:basic){_GAP}(?=([A-Za-z0-9+/_\-]+=*))")
_USER_OPTION = re.compile(r"(?:^|(?<=[\s\"',]))(?:-u|--user|--proxy-user)(?:[\s\"',=]{1,4})(?=([^\s\"']+))")


def _find_bearer(text: str) -> Iterator[Span]:
    for match in _BEARER.finditer(text):
        token = match.group(1).rstrip(".:")
        if _is_bearer_token(token):
            yield match.start(1), match.start(1) + len(token)


def _is_bearer_token(token: str) -> bool:
    """Tell a credential from the English that follows the word in documents and errors."""
    if len(token) >= 24:
        return True
    digits = any(character.isdigit() for character in token)
    mixed = not (token.islower() or token.isupper() or token.istitle())
    return len(token) >= 6 and (digits or (mixed and token.isalnum()))


def _find_basic(text: str) -> Iterator[Span]:
    for match in _BASIC.finditer(text):
        if b":" in _decode(match.group(1)):
            yield match.span(1)


def _decode(text: str) -> bytes:
    """What a Base64 text stands for; nothing where it is none. Longer texts are cut."""
    body = text[:4096].rstrip("=").replace("-", "+").replace("_", "/")
    body = body[: len(body) - (len(body) % 4 == 1)]
    try:
        decoded = binascii.a2b_base64(body + "=" * (-len(body) % 4))
    except binascii.Error:
        return b""
    return decoded if all(31 < byte < 127 for byte in decoded.partition(b":")[0]) else b""


def _find_user_option(text: str) -> Iterator[Span]:
    for match in _USER_OPTION.finditer(text):
        user, colon, password = match.group(1).partition(":")
        if colon and password and not password.isdecimal():
            yield match.start(1) + len(user) + 1, match.end(1)


HEADER_RULES = (
    Rule(("bearer",), _find_bearer),
    Rule(("basic",), _find_basic),
    Rule(("-u ", "-u\"", "-u'", "-u=", "-user"), _find_user_option),
)
