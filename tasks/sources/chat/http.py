"""One POST to a model endpoint: bounded in time and size, and every trouble named."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from msgspec import Struct, field

from models.clock import Clock
from models.codes import Code
from models.errors import ItemFailedError, PermanentError, TransientError
from models.settings.chat import ChatSettings
from tasks.sources.http.client import (
    AddressError,
    Bounds,
    DeadlineError,
    ExchangeError,
    HttpClient,
    TooSlowError,
)
from tasks.sources.http.told_wait import wait_of

#: Servers may drip: a whole answer takes no longer than this, or three times `SCOUT_LLM_TIMEOUT_S`.
TOTAL_S = 300.0
#: A valid answer has a few kilobytes.
BODY_MAX_BYTES = 4 << 20
PATH = "/chat/completions"
#: Some servers create an answer, and a proxy on the way that changes one says 203 or 226.
_ANSWERED = frozenset({201, 203, 226})


class TimedOutError(TransientError):
    """The model did not answer in time: it is slow, or is asked for too much at a time."""

    code = Code.MODEL_AWAY


class Reply(Struct, frozen=True):
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
        self._names = settings.names
        self._timeout_s = settings.timeout_s
        self._client = chat_client(settings, frozenset({"POST"}), bounds_of(settings))

    def post(self, body: Mapping[str, Any], path: str = PATH, max_bytes: int = 0) -> Reply:
        """Send a request and return what came back.

        Args:
            body: What to send, as JSON.
            path: Where to, below the endpoint's base URL.
            max_bytes: No valid answer is larger; 0 for one that is a chat completion.

        Raises:
            TransientError: The endpoint cannot be reached, or its answer did not arrive whole.
            PermanentError: The address cannot be used.
            ItemFailedError: The answer is larger than any valid one.
        """
        max_bytes = max_bytes or BODY_MAX_BYTES
        slow_hint = (
            "If it always needs longer, set SCOUT_LLM_TIMEOUT_S higher, or choose a faster model"
            f" with {self._names.model}."
        )
        try:
            answer = self._client.exchange("POST", path, json=body, max_bytes=max_bytes)
        except DeadlineError as exc:
            raise TimedOutError(
                f"The model at {self._label} sent its answer too slowly: it was not whole after"
                f" {exc}.",
                slow_hint,
            ).saying(f"its answer was not whole after {exc}") from exc
        except TooSlowError as exc:
            raise TimedOutError(
                f"The model at {self._label} did not answer in time ({self._timeout_s:g} s).",
                slow_hint,
            ).saying(f"no answer within {self._timeout_s:g} s") from exc
        except AddressError as exc:
            raise PermanentError(
                f"{self._label} cannot be asked: {exc}.",
                f"Check {self._names.base_url}.",
                code=Code.MODEL_UNKNOWN,
            ) from exc
        except ExchangeError as exc:
            raise TransientError(
                f"The model at {self._label} cannot be reached: {exc}.",
                f"Check that it is running and that {self._names.base_url} is right.",
                code=Code.MODEL_AWAY,
            ).saying(str(exc)) from exc
        if answer.truncated:
            raise ItemFailedError(
                f"The model at {self._label} answered with more than {max_bytes:,} bytes.",
                code=Code.MODEL_INCOMPREHENSIBLE,
            )
        status = 200 if answer.status in _ANSWERED else answer.status
        return Reply(status, answer.body, answer.headers)

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


@lru_cache(maxsize=4)
def shared_chat_http(settings: ChatSettings) -> ChatHttp:
    """Return the process's client for an endpoint and key; its connections are used by all steps.

    Raises:
        ConfigError: The HTTP library is not installed.
    """
    return ChatHttp(settings)


def bounds_of(settings: ChatSettings) -> Bounds:
    """Return how long an answer may take: models think for a while before the first byte."""
    total_s = max(TOTAL_S, 3 * settings.timeout_s)
    return Bounds(total_s=total_s, read_s=settings.timeout_s)


def chat_client(settings: ChatSettings, methods: frozenset[str], bounds: Bounds) -> HttpClient:
    """Return a client for an endpoint and its key.

    Raises:
        ConfigError: The HTTP library is not installed, or the key would be sent unencrypted.
    """
    headers = {"Accept": "application/json"}
    if settings.api_key:
        headers["Authorization"] = f"Bearer {settings.api_key}"
    if settings.is_openrouter:
        headers["X-Title"] = "Scout"
    return HttpClient(settings.base_url, methods=methods, bounds=bounds, headers=headers)


def _forget() -> None:
    shared_chat_http.cache_clear()


os.register_at_fork(after_in_child=_forget)
