"""Which addresses are this machine's own; only to these may a key be sent unencrypted."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit


def is_loopback(host: str) -> bool:
    """Say whether a host is this machine, by its name or address alone."""
    try:
        return host.lower() == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def gives_away(url: str) -> bool:
    """Say whether others can read what is sent there: plain `http://` to another machine."""
    parts = urlsplit(url)
    return parts.scheme == "http" and not is_loopback(parts.hostname or "")
