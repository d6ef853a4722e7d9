"""URLs of settings: their schemes, and how they are shown."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_AUTHORITY = re.compile(r"[^/?#]*")
_HOST = re.compile(r"(?:\[[^\[\]]*\]|[^:\[\]]*)(?::[0-9]*)?")


def scheme_of(url: str) -> str:
    """Return a URL's scheme in lower case, or `invalid` where it is no URL at all."""
    try:
        return urlsplit(url).scheme
    except ValueError:
        return "invalid"


def is_torn(url: str) -> bool:
    """Say whether a URL's password ends it early: by a slash, `?` or `#` that is not encoded.

    A part of the password would then be taken for the host, asked for, and shown.
    """
    rest = url.partition("://")[2]
    authority = _AUTHORITY.match(rest)
    if authority is None or not authority.group():  # a file's path
        return False
    hosts = authority.group().rpartition("@")[2].split(",")
    return "@" in rest[authority.end() :] or not all(map(_HOST.fullmatch, hosts))


def is_http_address(url: str) -> bool:
    """Say whether a URL is one of HTTP that every client reads alike: none then quotes a part."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    plain = url.isprintable() and not set(url) & {" ", "\\"}
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and plain


def without_credentials(url: str) -> str:
    """Return a URL with users, passwords and secret parameters masked, wherever they stand."""
    if "@" not in url and "?" not in url and ";" not in url and "%40" not in url:
        return url
    from models.redaction import urls  # only where there may be something to hide

    return urls.masked_url(url)
