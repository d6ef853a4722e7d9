"""Credentials in URLs: the userinfo part and the parameters that sign a request."""

from __future__ import annotations

import re
from collections.abc import Iterator

from models.redaction.keys import Verdict
from models.redaction.lazy import lazy
from models.redaction.masked_spans import MASK, Rule, Span
from models.redaction.values import EXAMPLE_PASSWORDS, is_secret_value

# As it stands, with JSON's escaped slashes, or percent-encoded inside another URL.
_SCHEME_END = lazy(r":\\?/\\?/|%3[aA]%2[fF]%2[fF]")
_SCHEME = lazy(r"[A-Za-z][A-Za-z0-9+.\-]{0,30}\Z")
_ENDS_A_URL = lazy(r"[\s\"'`<>\\]")
_AUTHORITY = lazy(r"[^\s\"'`<>\\]*")
_HOST_STARTS_PATH = lazy(r"[/?#]|%2[fF]|%3[fF]")
_QUERY = lazy(r"(?:\?|%3[fF])[\w.\-]{1,64}=")
_AT = lazy(r"@|%40")
# After a password of documents, a host and a path with another `@`: `irc://user:pass@host/@bob`.
_EXAMPLE_AT_HOST = lazy(r"@[\w.\-]{1,128}(?::\d{1,5})?/.*", re.DOTALL)
_VARIABLE = lazy(r"\$\{[^{}@/]{1,64}\}")
_COLON = lazy(r":|%3[aA]")
_HOST = lazy(
    r"(?:(?:[A-Za-z0-9\-]{1,63}\.){1,8}[A-Za-z0-9\-]{2,63}|localhost|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?(?=[/?#]|%2[fF]|$)"
)
# In these schemes a path may hold an `@` that ends no password.
_WEB = frozenset(
    [
        "http",
        "https",
        "ftp",
        "ftps",
        "ssh",
        "git",
        "git+ssh",
        "git+https",
        "ws",
        "wss",
        "file",
        "data",
        "npm",
    ]
)
# Where the password's place is taken by a fixed word, the user name is the token.
_NOT_A_PASSWORD = ("", "x-oauth-basic", "x")


def _find_userinfo(text: str) -> Iterator[Span]:
    for scheme, start, limit in _authorities(text):
        end = userinfo_end(text, scheme, start, limit)
        if end > start:
            yield from _credentials(text, start, end)


def _authorities(text: str) -> Iterator[tuple[str, int, int]]:
    """Every scheme, where its authority begins, and how far it and its path may go."""
    matches = list(_SCHEME_END.finditer(text))
    schemes = [_scheme_before(text, match.start()) for match in matches]
    limits = [match.start() - len(scheme) for match, scheme in zip(matches, schemes, strict=True)]
    for at, (match, scheme) in enumerate(zip(matches, schemes, strict=True)):
        limit = max(limits[at + 1], match.end()) if at + 1 < len(limits) else len(text)
        authority = _AUTHORITY.match(text, match.end(), limit)
        yield scheme.lower(), match.end(), authority.end() if authority else match.end()


def _scheme_before(text: str, at: int) -> str:
    scheme = _SCHEME.search(text, max(0, at - 31), at)
    return scheme.group() if scheme else ""


def userinfo_end(text: str, scheme: str, start: int, limit: int) -> int:
    """Return where the `@` stands that ends a URL's user and password; -1 where it has none.

    A password may hold every character that ends it elsewhere, `@` and `/` too. In a database's URL
    the last `@` before a query counts; the path of a web address may hold one that does not.
    """
    query = _QUERY.search(text, start, limit)
    stop = query.start() if query else limit
    ats = [match.start() for match in _AT.finditer(text, start, stop)]
    if not ats:
        return -1
    path = _HOST_STARTS_PATH.search(text, start, limit)
    host_end = path.start() if path else limit
    inside = [at for at in ats if at < host_end]
    if scheme not in _WEB and _COLON.search(text, start, ats[-1]):
        return ats[-1]
    if inside:
        has_password = _COLON.search(text, start, inside[-1]) is not None
        plausible = _HOST.match(text, inside[-1] + (1 if text[inside[-1]] == "@" else 3), limit)
        return ats[-1] if has_password and not plausible else inside[-1]
    return _end_behind_path(text, start, host_end, limit, ats)


def _end_behind_path(text: str, start: int, host_end: int, limit: int, ats: list[int]) -> int:
    """A password with an unquoted slash ends what looks like the host; a port is all digits."""
    head = text[start:host_end]
    colon = _COLON.search(head)
    if not colon or head[colon.end() :].isdecimal() or head.startswith("["):
        return -1
    if not head[colon.end() :] and colon.start() > 0:
        return -1
    hosts = (at for at in ats if _HOST.match(text, at + (1 if text[at] == "@" else 3), limit))
    return next(hosts, ats[-1])


def masked_url(url: str) -> str:
    """Return the URL of a setting with every user, password and secret parameter in it masked.

    Stricter than redaction is with texts: user names go too, and what looks like a host before the
    last `@` is taken for a part of the password, and so is a blank or a quote, which ends a URL in
    a text.
    """
    url = _SECRET_PARAMETER.sub(rf"\1{MASK}", url)
    whole = _ENDS_A_URL.sub("_", url)
    pieces: list[str] = []
    done = 0
    for _, start, limit in _authorities(whole):
        query = _QUERY.search(url, start, limit)
        ats = list(_AT.finditer(url, start, query.start() if query else limit))
        if ats and url[start : ats[-1].start()] != MASK:
            pieces += (url[done:start], MASK)
            done = ats[-1].start()
    shown = "".join(pieces) + url[done:]
    first = _SCHEME_END.search(shown)
    head = shown[: first.start() if first else len(shown)]
    if "@" in head:  # malformed: what stands before it may be a password
        return f"{MASK}@{head.rpartition('@')[2]}{shown[len(head) :]}"
    return shown


def _credentials(text: str, start: int, end: int) -> Iterator[Span]:
    colon = _COLON.search(text, _variable_end(text, start, end), end)
    user_end = colon.start() if colon else end
    password = text[colon.end() : end] if colon else ""
    alone = password in _NOT_A_PASSWORD
    example = _EXAMPLE_AT_HOST.sub("", password.lower()) in EXAMPLE_PASSWORDS
    if colon and not alone and not example and is_secret_value(Verdict.SECRET, password):
        yield colon.end(), end
    if _is_token(text[start:user_end], alone=alone):
        yield start, user_end


def _variable_end(text: str, start: int, end: int) -> int:
    """Where a shell's variable ends that a URL begins with: `${USER:-bob}` is no password."""
    variable = _VARIABLE.match(text, start, end)
    return variable.end() if variable else start


def _is_token(user: str, *, alone: bool) -> bool:
    """Whether a user name is itself a secret, as in `https://<token>@github.com`."""
    if not any(character.isdigit() for character in user):
        return alone and len(user) >= 32
    return len(user) >= (16 if alone else 32) and "." not in user


# In a setting's URL, whatever resembles a secret; its value may hold `#` and `@`.
_SECRET_PARAMETER = lazy(
    r"([?&;][^=&#;?]{0,64}(?:user|pass|pwd|secret|token|key|auth|sig|cred)[^=&#;?]{0,64}=)[^&]*",
    re.I,
)

# Parameters that are secrets in a URL though their names are ordinary elsewhere.
_SIGNATURE = lazy(
    r"(?i:[?&;](?:amp;)?|%3f|%26|\\u0026)(?i:sig|signature|hmac|x-amz-signature|x-amz-credential"
    r"|x-goog-signature|x-goog-credential|awsaccesskeyid)(?:=|%3[dD])([^&\s\"'<>#\\]+)"
)
_GRANT = lazy(
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
