"""URLs of settings: their schemes, and how they are shown."""

from __future__ import annotations

from urllib.parse import urlsplit


def scheme_of(url: str) -> str:
    """Return a URL's scheme in lower case, or `invalid` where it is no URL at all."""
    try:
        return urlsplit(url).scheme
    except ValueError:
        return "invalid"


def without_credentials(url: str) -> str:
    """Return a URL with users, passwords and secret parameters masked, wherever they stand."""
    if "@" not in url and "?" not in url and ";" not in url and "%40" not in url:
        return url
    from models.redaction import urls  # only where there may be something to hide

    return urls.without_credentials(url)
