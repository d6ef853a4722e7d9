"""Whether the broker answers, and how long its queue is, without starting Dramatiq."""

from __future__ import annotations

import socket
from typing import Any
from urllib.parse import urlsplit

from models.settings.runtime import Settings
from models.settings.urls import without_credentials
from models.views.health import BrokerHealth

#: `workers.broker.NAMESPACE` and `workers.actors.QUEUE`, whose modules import Dramatiq.
NAMESPACE = "scout"
QUEUE = "scout"
#: Seconds; a broker that takes longer is as good as away for somebody who waits at a terminal.
TIMEOUT_S = 1.0
_AMQP_PORTS = {"amqp": 5672, "amqps": 5671}


class _RefusedError(Exception):
    """The broker answered, and will not do what was asked."""


def check(settings: Settings) -> BrokerHealth:
    """Ask the broker for a sign of life, the length of its queue, and whether it can be written to.

    Nothing is written. RabbitMQ is only asked for a connection.
    """
    kind, url = settings.broker_kind, without_credentials(settings.broker_url)
    if kind == "memory":
        return BrokerHealth(kind, "", reachable=True)
    probe = _probe_redis if kind == "redis" else _probe_port
    try:
        waiting, delayed = probe(settings.broker_url)
    except _RefusedError as exc:
        return BrokerHealth(kind, url, reachable=True, refusal=_words(exc.__cause__ or exc))
    except Exception as exc:  # noqa: BLE001 - whatever a client raises, the broker did not answer
        return BrokerHealth(kind, url, reachable=False, error=_words(exc))
    return BrokerHealth(kind, url, reachable=True, waiting=waiting, delayed=delayed)


def _probe_redis(url: str) -> tuple[int | None, int | None]:
    from redis import Redis
    from redis import exceptions as errors
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    client: Any = Redis.from_url(
        url,
        socket_connect_timeout=TIMEOUT_S,
        socket_timeout=TIMEOUT_S,
        retry=Retry(NoBackoff(), 0),
    )
    try:
        # Writing nothing at the beginning of nothing makes no key, and is refused as any write is:
        # by a replica, without rights, with a full memory, or a disk that cannot be written.
        client.setrange(f"{NAMESPACE}:health", 0, "")
        return client.llen(f"{NAMESPACE}:{QUEUE}"), client.llen(f"{NAMESPACE}:{QUEUE}.DQ")
    except (errors.ResponseError, errors.AuthenticationError, errors.BusyLoadingError) as exc:
        raise _RefusedError from exc
    finally:
        client.close()


def _probe_port(url: str) -> tuple[int | None, int | None]:
    parts = urlsplit(url)
    port = parts.port or _AMQP_PORTS.get(parts.scheme, 5672)
    socket.create_connection((parts.hostname or "localhost", port), TIMEOUT_S).close()
    return None, None


def _words(exc: BaseException) -> str:
    from models.text.clean import clean_text

    text = f"{type(exc).__name__}: {exc}" if str(exc) else type(exc).__name__
    return clean_text(text)
