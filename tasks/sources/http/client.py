"""One HTTP client for every source: bound to a server, and bounded in time and in size."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from msgspec import Struct, field

from models.errors import ConfigError, PermanentError
from models.listeners import Exchange, is_heard, numbered_try, tell
from models.settings.loopback import gives_away
from models.settings.urls import without_credentials
from models.text.clean import clean_text
from models.version import __version__
from tasks.sources.http.body import ACCEPT_ENCODING, Body, EncodingError
from tasks.sources.http.guard import is_within
from tasks.sources.http.library import http_library
from tasks.sources.http.proxy import proxy_for

if TYPE_CHECKING:
    import httpx

# It logs every request at INFO, which Scout's own records already tell.
logging.getLogger("httpx").setLevel(logging.WARNING)
_WORDS_MAX_CHARACTERS = 200
_BYTES = re.compile(r":?\s*(?:bytearray\()?b['\"].*", re.DOTALL)


class ExchangeError(Exception):
    """No whole answer came; the text says why."""


class AddressError(ExchangeError):
    """The address cannot be asked at all."""


class NoConnectionError(ExchangeError):
    """Nobody is there."""


class TooSlowError(ExchangeError):
    """Nothing came for too long; the text is the kind of the timeout."""


class DeadlineError(TooSlowError):
    """The whole exchange took too long, however much came of the answer."""


class Bounds(Struct, frozen=True):
    """How long a client waits, and how many connections it keeps.

    Attributes:
        total_s: Seconds for a whole exchange, from waiting for a connection to the last byte.
        read_s: Seconds without a byte.
        connect_s: Seconds for a connection.
        connections: At most so many at a time, or None for any number.
    """

    total_s: float
    read_s: float
    connect_s: float = 10.0
    connections: int | None = None


class Answer(Struct, frozen=True):
    """What a server answered: `headers` by lower-case name, `truncated` where `body` was cut."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    truncated: bool = False


class HttpClient:
    """Asks one server. It is safe to share between threads, and knows no step.

    Args:
        base_url: The server, and the path below which it is asked; may hold credentials.
        methods: What may be sent; everything else is refused before there is a connection.
        bounds: How long to wait.
        headers: What every request has.
        service: What the server is to those who count requests: `github`, `model` or `webhook`.
        monotonic_s: The clock that bounds an exchange.

    Raises:
        ConfigError: The HTTP library is not installed, something secret would be sent unencrypted,
            or the environment names a proxy that cannot be used.
    """

    def __init__(
        self,
        base_url: str,
        *,
        methods: frozenset[str],
        bounds: Bounds,
        headers: Mapping[str, str],
        service: str = "model",
        monotonic_s: Callable[[], float] = time.monotonic,
    ) -> None:
        httpx = http_library("Asking GitHub or a language model")
        from tasks.sources.http.deadline import Deadline

        parts = urlsplit(base_url)
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        has_key = user or password or any(name.lower() == "authorization" for name in headers)
        if has_key and gives_away(base_url):
            raise ConfigError(
                f"{without_credentials(base_url)!r} is not encrypted, and would give its key away.",
                "Use https.",
            )
        self.bounds = bounds
        self._service = service
        self._methods = methods
        self._base_url = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
        self._normal_url = str(httpx.URL(self._base_url))
        self._deadline = Deadline(monotonic_s)
        self._client = httpx.Client(
            headers={"User-Agent": f"scout/{__version__}", "Accept-Encoding": ACCEPT_ENCODING}
            | dict(headers),
            auth=httpx.BasicAuth(user, password) if user or password else None,
            timeout=httpx.Timeout(bounds.read_s, connect=bounds.connect_s, pool=bounds.total_s),
            transport=self._transport(),
            follow_redirects=False,  # the key is for this address only
            event_hooks={"request": [self._refuse_the_unasked]},
        )

    def exchange(
        self,
        method: str,
        url: str,
        *,
        max_bytes: int,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        content: bytes | None = None,
    ) -> Answer:
        """Return what the server answers, redirects and errors too.

        Args:
            method: The method.
            url: A path below the server's base URL, with a slash, or a whole URL.
            max_bytes: The decoded body is cut there.
            headers: What to send beside the headers that every request has.
            json: What to send as the request's body.
            content: The same, where it must be these very bytes.

        Raises:
            ExchangeError: No whole answer came.
            PermanentError: Another method, or another server, than this client is for.
        """
        target = self._base_url + url if url.startswith("/") else url
        if not is_heard():
            return self._exchange(method, target, max_bytes, headers, json, content)
        call, resent = numbered_try()
        started_s, started = time.time(), time.monotonic()
        status: int | None = None
        error: str | None = None
        try:
            answer = self._exchange(method, target, max_bytes, headers, json, content)
            status = answer.status
        except Exception as exc:
            error = type(exc).__name__
            raise
        finally:
            parts = urlsplit(target)
            shown = parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="")
            took_s = time.monotonic() - started
            tell(
                Exchange(
                    self._service,
                    method,
                    shown.geturl(),
                    started_s,
                    took_s,
                    status,
                    error,
                    resent,
                    call,
                )
            )
        return answer

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _exchange(
        self,
        method: str,
        target: str,
        max_bytes: int,
        headers: Mapping[str, str] | None,
        json: Any,
        content: bytes | None,
    ) -> Answer:
        import httpx

        with self._deadline.within(self.bounds.total_s):
            try:
                with self._client.stream(
                    method, target, headers=headers, json=json, content=content
                ) as response:
                    return self._read(response, max_bytes)
            except httpx.ConnectError as exc:
                raise NoConnectionError(_words(exc)) from exc
            except httpx.TimeoutException as exc:
                if self._deadline.is_over:
                    raise DeadlineError(f"{self.bounds.total_s:g} s") from exc
                raise TooSlowError(type(exc).__name__) from exc
            except (httpx.InvalidURL, httpx.UnsupportedProtocol) as exc:
                raise AddressError(type(exc).__name__) from exc
            except (httpx.RequestError, EncodingError) as exc:
                raise ExchangeError(_words(exc)) from exc

    def _read(self, response: httpx.Response, max_bytes: int) -> Answer:
        body = Body(response.headers.get("content-encoding", ""), max_bytes)
        for piece in response.iter_raw():
            if not body.take(piece):
                break
        known = {name.lower(): value for name, value in response.headers.items()}
        return Answer(response.status_code, known, body.content(), body.truncated)

    def _transport(self) -> httpx.BaseTransport:
        import httpx

        from tasks.sources.http.deadline import BoundTransport

        limits = httpx.Limits(max_connections=self.bounds.connections, max_keepalive_connections=64)
        proxy = proxy_for(self._base_url)
        try:
            return BoundTransport(self._deadline, limits, proxy)
        except (ImportError, ValueError, httpx.InvalidURL) as exc:
            raise ConfigError(
                f"The proxy {without_credentials(proxy or '')!r} cannot be used:"
                f" {type(exc).__name__}.",
                "Check HTTPS_PROXY, HTTP_PROXY and ALL_PROXY.",
            ) from exc

    def _refuse_the_unasked(self, request: httpx.Request) -> None:
        """Keep the promise of what is sent, and that the key stays with its server."""
        within = is_within(str(request.url), self._normal_url)
        if request.method not in self._methods or not within:
            raise PermanentError(f"Scout refused to send {request.method} to {request.url.host}.")


def _words(exc: Exception) -> str:
    # Bytes of the other side's, shown as Python shows them, are no text that could be cleaned.
    text = clean_text(_BYTES.sub("", str(exc)), _WORDS_MAX_CHARACTERS)
    return f"{type(exc).__name__}: {text}" if text else type(exc).__name__
