"""Which proxy the environment names for a server; none for one on this machine."""

from __future__ import annotations

from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from models.settings.loopback import is_loopback


def proxy_for(base_url: str) -> str | None:
    """Return the URL of the proxy for a server, or None: `HTTPS_PROXY` and its relatives.

    A server on loopback is never asked through a proxy, whatever `NO_PROXY` says: a proxy's
    loopback is another one.
    """
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    if is_loopback(host) or proxy_bypass(host):
        return None
    known = getproxies()
    proxy = known.get(parts.scheme) or known.get("all")
    return proxy if not proxy or "://" in proxy else f"http://{proxy}"
