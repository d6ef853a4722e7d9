"""Credentials in URLs: the userinfo part and the parameters that sign a request."""

from __future__ import annotations

import re
from collections.abc import Iterator

from models.redaction.keys import Verdict
from models.redaction.spans import Rule, Span
from models.redaction.values import is_secret_value

# As it stands, with JSON's escaped slashes, or percent-encoded inside another URL.
_SCHEME_END = re.compile(r":\\?/\\?/|%3[aA]%2[fF]%2[fF]")
_AUTHORITY = re.compile(r"[^\s\"'`<>\\]*")
_HOST_STARTS_PATH = re.compile(r"[/?#]|%2[fF]|%3[fF]")
_AT = re.compile(r"@|%40")
_COLON = re.compile(r":|%3[aA]")
# Where the password's place is taken by a fixed word, the user name is the token.
_NOT_A_PASSWORD = ("", "x-oauth-basic", "x")


def _find_userinfo(text: str) -> Iterator[Span]:
    ends = [match.end() for match in _SCHEME_END.finditer(text)]
    for start, limit in zip(ends, [*ends, len(text)][1:], strict=True):
        authority = _AUTHORITY.match(text, start, limit)
        if authority and (userinfo_end := _userinfo_end(text, start, authority.end())) > start:
            yield from _credentials(text, start, userinfo_end)


def _userinfo_end(text: str, start: int, limit: int) -> int:
    """Where the last `@` of the authority stands, or -1."""
    path = _HOST_STARTS_PATH.search(text, start, limit)
    strict_end = path.start() if path else limit
    ats = [match.start() for match in _AT.finditer(text, start, strict_end)]
    if ats or not path:
        return ats[-1] if ats else -1
    # A password with an unquoted slash ends what looks like the host; a port is all digits.
    head = text[start:strict_end]
    colon = _COLON.search(head)
    if not colon or head[colon.end() :].isdecimal() or head.startswith("["):
        return -1
    if not head[colon.end() :] and colon.start() > 0:
        return -1
    later = _AT.search(text, strict_end, limit)
    return later.start() if later else -1


def _credentials(text: str, start: int, end: int) -> Iterator[Span]:
    colon = _COLON.search(text, start, end)
    user_end = colon.start() if colon else end
    password = text[colon.end() : end] if colon else ""
    if colon and is_secret_value(Verdict.SECRET, password) and password not in _NOT_A_PASSWORD:
        yield colon.end(), end
    if _is_token(text[start:user_end], alone=password in _NOT_A_PASSWORD):
        yield start, user_end


def _is_token(user: str, *, alone: bool) -> bool:
    """Whether a user name is itself a secret, as in `https://<token>@github.com`."""
    if not any(character.isdigit() for character in user):
        return alone and len(user) >= 32
    return len(user) >= (16 if alone else 32) and "." not in user


# Parameters that are secrets in a URL though their names are ordinary elsewhere.
_SIGNATURE = re.compile(
    r"(?i:[?&;](?:amp;)?|%3f|%26|\\u0026)(?i:sig|signature|hmac|x-amz-signature|x-amz-credential"
    r"|x-goog-signature|x-goog-credential|awsaccesskeyid)(?:=|%3[dD])([^&\s\"'<>#\\]+)"
)
_GRANT = re.compile(
    r"(?i:[?&;](?:amp;)?|%3f|%26|\\u0026)(?i:key|code|sid|ticket)(?:=|%3[dD])([^&\s\"'<>#\\]+)"
)


def _find_parameters(text: str) -> Iterator[Span]:
    for match in _SIGNATURE.finditer(text):
        yield match.span(1)
    for match in _GRANT.finditer(text):
        value = match.group(1)
        if len(value) >= 16 and any(character.isdigit() for character in value):
            yield match.span(1)


URL_RULES = (
    Rule(("@", "%40"), _find_userinfo),
    Rule(
        tuple(
            f"{ending}{equals}"
            for ending in (
                "sig",
                "signature",
                "hmac",
                "credential",
                "keyid",
                "key",
                "code",
                "sid",
                "ticket",
            )
            for equals in ("=", "%3d")
        ),
        _find_parameters,
    ),
)
