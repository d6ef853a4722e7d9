"""Credentials that follow the name of an HTTP authentication scheme."""

from __future__ import annotations

import binascii
import re
from collections.abc import Callable, Iterator

from models.redaction.lazy import lazy
from models.redaction.masked_spans import Rule, Span

_GAP = r"(?:[ \t]|%20|\\t|\+){1,4}"
_BEARER = lazy(rf"(?i:bearer){_GAP}([\w.~+/=\-%|:]+)", re.ASCII)
_BASIC = lazy(rf"(?i:basic){_GAP}([A-Za-z0-9+/_\-]+=*)")
_LONGEST_SCHEME = 24


def _find_bearer(text: str) -> Iterator[Span]:
    return _find_credentials(_BEARER, text, _is_bearer_token)


def _find_basic(text: str) -> Iterator[Span]:
    return _find_credentials(_BASIC, text, _is_basic_credential)


def _find_credentials(
    scheme: re.Pattern[str], text: str, accept: Callable[[str], bool]
) -> Iterator[Span]:
    at = 0
    while match := scheme.search(text, at):
        start, at = match.span(1)
        token = match.group(1).rstrip(".:")
        if accept(token):
            yield start, start + len(token)
        elif len(token) <= _LONGEST_SCHEME:
            at = start  # the word itself may be the scheme: "Bearer Bearer <token>"


def _is_bearer_token(token: str) -> bool:
    """Tell a credential from the English that follows the word in documents and errors."""
    if len(token) >= 24:
        return True
    digits = any(character.isdigit() for character in token)
    mixed = not (token.islower() or token.isupper() or token.istitle())
    return len(token) >= 6 and (digits or (mixed and token.isalnum()))


def _is_basic_credential(token: str) -> bool:
    return b":" in _decode(token)


def _decode(text: str) -> bytes:
    """What a Base64 text stands for; nothing where it is none. Longer texts are cut."""
    body = text[:4096].rstrip("=").replace("-", "+").replace("_", "/")
    body = body[: len(body) - (len(body) % 4 == 1)]
    try:
        decoded = binascii.a2b_base64(body + "=" * (-len(body) % 4))
    except binascii.Error:
        return b""
    return decoded if all(31 < byte < 127 for byte in decoded.partition(b":")[0]) else b""


HEADER_RULES = (
    Rule(("bearer",), _find_bearer),
    Rule(("basic",), _find_basic),
)
