"""What a client may send, and where to: its server's address is the only one that gets its key."""

from __future__ import annotations

from urllib.parse import urlsplit

_PORTS = {"http": 80, "https": 443}


def is_within(url: str, base_url: str) -> bool:
    """Say whether a URL is on the same server as `base_url`, and below its path."""
    try:
        one, base = urlsplit(url), urlsplit(base_url)
        server = (one.scheme, one.hostname, one.port or _PORTS.get(one.scheme), one.username)
    except ValueError:  # `[` without its end, a port beyond all ports
        return False
    return (
        server == (base.scheme, base.hostname, base.port or _PORTS.get(base.scheme), None)
        and one.path.startswith(base.path.rstrip("/") + "/")
        and ".." not in one.path.split("/")
    )
