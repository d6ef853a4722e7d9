"""Whether the broker takes messages, and how long its queue is, without starting Dramatiq."""

from __future__ import annotations

from typing import TYPE_CHECKING

from models.errors import ConfigError
from models.settings.runtime import Settings
from models.settings.urls import without_credentials
from models.views.health import BrokerHealth

if TYPE_CHECKING:
    from workers.probes.answer import Lengths

#: `workers.message_format.QUEUE`, whose module imports Dramatiq.
QUEUE = "scout"
#: Seconds; a broker that takes longer is as good as away for somebody who waits at a terminal.
TIMEOUT_S = 1.0
#: RabbitMQ needs a dozen answers until it has let somebody in.
AMQP_TIMEOUT_S = 3.0


def check(settings: Settings) -> BrokerHealth:
    """Have the broker take something and give it back, and ask for the length of its queue.

    Nothing of that stays there.
    """
    kind, url = settings.broker_kind, without_credentials(settings.broker_url)
    if kind == "memory":
        return BrokerHealth(kind, "", reachable=True)
    from workers.probes.answer import BrokerProbeError

    try:
        found = _ask_redis(settings) if kind == "redis" else _ask_amqp(settings)
    except BrokerProbeError as exc:
        error, refusal = ("", exc.said) if exc.answered else (exc.said, "")
        return BrokerHealth(
            kind, url, reachable=exc.answered, error=error, refusal=refusal, hint=exc.hint or ""
        )
    except ConfigError as exc:
        return BrokerHealth(kind, url, reachable=False, error=str(exc), hint=exc.hint or "")
    return BrokerHealth(
        kind,
        url,
        reachable=True,
        waiting=found.waiting,
        delayed=found.delayed,
        dead=found.dead,
    )


def _ask_redis(settings: Settings) -> Lengths:
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    from workers.probes.answer import probe_error
    from workers.probes.redis_probe import ask_redis
    from workers.redis_client import redis_client

    url = settings.broker_url
    try:
        client = redis_client(
            url,
            socket_connect_timeout=TIMEOUT_S,
            socket_timeout=TIMEOUT_S,
            retry=Retry(NoBackoff(), 0),
        )
    except ValueError as exc:
        raise probe_error(url, exc, {"": "Correct SCOUT_BROKER_URL."}) from exc
    try:
        return ask_redis(client, url, settings.broker_namespace, QUEUE)
    finally:
        client.close()


def _ask_amqp(settings: Settings) -> Lengths:
    from workers.probes.amqp_probe import ask_rabbitmq

    return ask_rabbitmq(settings.broker_url, QUEUE, AMQP_TIMEOUT_S)
