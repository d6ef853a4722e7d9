"""What every request passes: the name it came for, and the headers that its answer gets.

A page of another site can make a browser ask under a name that leads here (DNS rebinding), and is
then of the same origin; only the name tells. An address can be nobody's name.
"""

from __future__ import annotations

from collections.abc import Collection
from ipaddress import ip_address

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    # With no-referrer a browser would send our own forms as of no origin.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Guard:
    """Refuses requests for other names, and adds the headers to every answer.

    Args:
        app: What is behind it.
        names: The names under which the page is reached, beside addresses and `localhost`.
    """

    def __init__(self, app: ASGIApp, names: Collection[str] = ()) -> None:
        self._app = app
        self._names = {"localhost", *(name.lower().rstrip(".") for name in names)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        named = Headers(scope=scope).getlist("host")
        if len(named) == 1 and self.knows(named[0]):
            await self._app(scope, receive, send_guarded)
            return
        words = "This is not a name of Scout's page. If it should be, name it in SCOUT_WEB_HOSTS.\n"
        await PlainTextResponse(words, 400)(scope, receive, send_guarded)

    def knows(self, host: str) -> bool:
        """Say whether a `Host` header names this page."""
        name = host_name(host)
        return name in self._names or _is_address(name)


def host_name(host: str) -> str:
    """Return the name or address in a `Host` header, without port, in lower case."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower().rstrip(".")


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
