"""URLs of settings: their schemes, and how they are shown."""

from __future__ import annotations

import re
from urllib.parse import urlsplit, urlunsplit

_SECRET_PARAMETER = re.compile(
    r"([?&][^=&#]*(?:user|pass|pwd|secret|token|key)[^=&#]*=)[^&#]*", re.I
)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://", re.I)


def scheme_of(url: str) -> str:
    """Return a URL's scheme in lower case, or `invalid` where it is no URL at all."""
    try:
        return urlsplit(url).scheme
    except ValueError:
        return "invalid"


def without_credentials(url: str) -> str:
    """Return a URL with the user name and password masked, wherever in it they stand."""
    try:
        url = _SECRET_PARAMETER.sub(r"\1[REDACTED]", url)
        if "@" in url and not _SCHEME.match(url):  # malformed: a user may be taken for a scheme
            return f"[REDACTED]@{url.rpartition('@')[2]}"
        parts = urlsplit(url)
        host = parts.hostname or ""
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "[REDACTED]"
    if parts.username is None and parts.password is None:
        return url
    host = f"[{host}]" if ":" in host else host
    return urlunsplit(parts._replace(netloc=f"[REDACTED]@{host}{port}"))
