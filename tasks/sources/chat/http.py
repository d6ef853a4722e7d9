"""One POST to a chat endpoint: bounded in time and size, and every trouble named."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from models.clock import Clock
from models.errors import ConfigError, ItemFailedError, PermanentError, TransientError
from models.settings.chat import ChatSettings
from models.text.clean import clean_text
from models.version import __version__
from tasks.sources.http.told_wait import wait_of

if TYPE_CHECKING:
    import httpx

CONNECT_TIMEOUT_S = 10.0
#: Seconds without a byte, and for a whole answer: models think for a while, servers may drip.
READ_TIMEOUT_S = 120.0
TOTAL_TIMEOUT_S = 300.0
#: A valid answer has a few kilobytes.
BODY_MAX_BYTES = 4 << 20
_WORDS_MAX_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Reply:
    """What the endpoint answered, whatever its status; `headers` by lower-case name."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    def wait_s(self) -> float | None:
        """Return the seconds that the endpoint asks to wait, or None; it is asked on arrival."""
        return wait_of(self.headers, self.body, Clock().now())


class ChatHttp:
    """Posts to the endpoint. It is safe to share between threads, and knows no step.

    Args:
        settings: Where to, and with which key.

    Raises:
        ConfigError: The HTTP library is not installed.
    """

    def __init__(self, settings: ChatSettings) -> None:
        self._label = settings.label
        self._url = f"{settings.base_url}/chat/completions"
        self._client = _client(settings)

    def post(self, body: Mapping[str, Any]) -> Reply:
        """Send a request and return what came back.

        Raises:
            TransientError: The endpoint cannot be reached, or its answer did not arrive whole.
            PermanentError: The address cannot be used.
            ItemFailedError: The answer is larger than any valid one.
        """
        import httpx

        try:
            return self._exchange(body)
        except httpx.TimeoutException as exc:
            raise TransientError(
                f"The model at {self._label} did not answer in time.",
                "If it always needs longer, choose a faster model with SCOUT_LLM_MODEL.",
            ) from exc
        except (httpx.UnsupportedProtocol, httpx.InvalidURL) as exc:
            raise PermanentError(
                f"{self._label} cannot be asked: {type(exc).__name__}.", "Check SCOUT_LLM_BASE_URL."
            ) from exc
        except (httpx.TransportError, httpx.DecodingError) as exc:
            raise TransientError(
                f"The model at {self._label} cannot be reached: {_words(exc)}.",
                "Check that it is running and that SCOUT_LLM_BASE_URL is right.",
            ) from exc

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _exchange(self, body: Mapping[str, Any]) -> Reply:
        deadline_s = time.monotonic() + TOTAL_TIMEOUT_S
        received = bytearray()
        with self._client.stream("POST", self._url, json=body) as response:
            for chunk in response.iter_bytes():
                received += chunk
                if len(received) > BODY_MAX_BYTES:
                    raise ItemFailedError(
                        f"The model at {self._label} answered with more than"
                        f" {BODY_MAX_BYTES:,} bytes."
                    )
                if time.monotonic() > deadline_s:
                    raise TransientError(
                        f"The model at {self._label} sent its answer too slowly:"
                        f" {len(received):,} bytes in {TOTAL_TIMEOUT_S:.0f} s."
                    )
            headers = {name.lower(): value for name, value in response.headers.items()}
            return Reply(response.status_code, bytes(received), headers)


@lru_cache(maxsize=4)
def shared_chat_http(settings: ChatSettings) -> ChatHttp:
    """Return the process's client for an endpoint and key; its connections are used by all steps.

    Raises:
        ConfigError: The HTTP library is not installed.
    """
    return ChatHttp(settings)


def _client(settings: ChatSettings) -> httpx.Client:
    try:
        import httpx
    except ImportError as exc:
        from models.install_hint import install_command

        raise ConfigError(
            "Asking a language model needs the HTTP library, which is not installed.",
            f"Install it: {install_command('live')}",
        ) from exc
    headers = {"User-Agent": f"scout/{__version__}", "Accept": "application/json"}
    if settings.api_key:
        headers["Authorization"] = f"Bearer {settings.api_key}"
    if settings.is_openrouter:
        headers["X-Title"] = "Scout"
    return httpx.Client(
        headers=headers,
        timeout=httpx.Timeout(READ_TIMEOUT_S, connect=CONNECT_TIMEOUT_S),
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=64),
        follow_redirects=False,  # the key is for this address only
    )


def _words(exc: Exception) -> str:
    text = clean_text(str(exc), _WORDS_MAX_CHARACTERS)
    return f"{type(exc).__name__}: {text}" if text else type(exc).__name__


def _forget() -> None:
    shared_chat_http.cache_clear()


os.register_at_fork(after_in_child=_forget)
