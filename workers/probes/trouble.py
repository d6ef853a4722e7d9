"""What is wrong with the broker, from what its client raised in the middle of the work."""

from __future__ import annotations

from dramatiq.errors import DramatiqError

from models.settings.runtime import Settings
from workers.probes.answer import BrokerProbeError, probe_error


def broker_trouble(exc: BaseException, settings: Settings) -> BrokerProbeError:
    """Return the same error as a probe would raise, with what to do about it.

    Args:
        exc: What Dramatiq or the broker's client raised.
        settings: Which broker it is.
    """
    cause = exc.message if isinstance(exc, DramatiqError) else exc
    if not isinstance(cause, Exception):
        cause = ConnectionError(str(cause))
    if settings.broker_kind == "redis":
        from workers.probes.redis_probe import redis_trouble

        return redis_trouble(cause, settings.broker_url, settings.broker_namespace)
    if settings.broker_kind == "amqp":
        from workers.probes.amqp_probe import rabbitmq_trouble

        return rabbitmq_trouble(cause, settings.broker_url)
    return probe_error("in memory", cause, {})
