"""Building the broker that the settings name, with Scout's middleware and actors on it.

Dramatiq's own default middleware is left out on purpose: attempts, retries, time limits and the
hand-off belong to Scout (docs/decisions.md, decision 5), and what is not there costs nothing per
message.
"""

from __future__ import annotations

from collections.abc import Callable

import dramatiq
from dramatiq.middleware import Middleware

from models.database.migrate import open_database
from models.errors import ConfigError
from models.settings.runtime import Settings, load_settings
from models.settings.table import BROKER_URL
from models.text.clean import clean_text
from tasks.step import Step
from workers.actors import declare_actors
from workers.broker_outage import BrokerOutage, tell_outages_once
from workers.enqueue import Sender, send_step
from workers.malloc import keep_memory_small
from workers.message_format import QUEUE, MessageFormat
from workers.middleware.left_message import say_why_messages_are_left
from workers.middleware.process_loops import ProcessMiddleware
from workers.middleware.step_recorder import StepMiddleware
from workers.network_guard import install_network_guard
from workers.probes.trouble import broker_trouble

#: How long a broker may take to let a process in.
BROKER_TIMEOUT_S = 5.0


def boot(build: Callable[[Settings], dramatiq.Broker] | None = None) -> dramatiq.Broker:
    """Open the database, build the broker, and make it Dramatiq's global one.

    Args:
        build: Builds the broker; `build_broker` by default.

    Raises:
        ConfigError: A setting is malformed.
        DatabaseUnavailableError: The database cannot be opened.
        BrokerUnavailableError: The broker does not answer.
    """
    keep_memory_small()
    settings = load_settings()
    open_database(settings)
    broker = (build or build_broker)(settings)
    check_broker(broker, settings)
    dramatiq.set_broker(broker)
    return broker


def build_broker(
    settings: Settings,
    step_named: Callable[[str], Step] | None = None,
    send: Sender = send_step,
) -> dramatiq.Broker:
    """Return a broker of the kind that the settings name, with middleware and actors.

    Args:
        settings: The process's settings.
        step_named: Returns a step's body by name; the real chain by default.
        send: Sends the message for a step that has become due.

    Raises:
        ConfigError: The client library for that kind of broker is not installed.
    """
    install_network_guard(settings)
    dramatiq.set_encoder(MessageFormat())
    steps = StepMiddleware(settings, send=send)
    outage = BrokerOutage(lambda exc: broker_trouble(exc, settings))
    middleware: list[Middleware] = [
        ProcessMiddleware(settings, steps, broker_error=outage.lasting),
        steps,
    ]
    broker = _BUILDERS[settings.broker_kind](settings, middleware)
    tell_outages_once(broker, outage)
    say_why_messages_are_left()
    declare_actors(broker, step_named)
    return broker


def check_broker(broker: dramatiq.Broker, settings: Settings) -> None:
    """Have the broker take something and give it back: one that answers may still refuse.

    Raises:
        BrokerUnavailableError: It does not answer, or does not do what is needed.
    """
    if settings.broker_kind == "redis":
        from workers.probes.redis_probe import ask_redis

        ask_redis(broker.client, settings.broker_url, settings.broker_namespace, QUEUE)  # type: ignore[attr-defined]
    elif settings.broker_kind == "amqp":
        from workers.probes.amqp_probe import ask_rabbitmq

        ask_rabbitmq(settings.broker_url, QUEUE, BROKER_TIMEOUT_S, make=True)


def _memory(settings: Settings, middleware: list[Middleware]) -> dramatiq.Broker:
    from dramatiq.brokers.stub import StubBroker

    return StubBroker(middleware=middleware)


def _redis(settings: Settings, middleware: list[Middleware]) -> dramatiq.Broker:
    from workers.redis_broker import RedisBroker
    from workers.redis_client import redis_client

    try:
        client = redis_client(
            settings.broker_url,
            socket_connect_timeout=BROKER_TIMEOUT_S,
            socket_timeout=BROKER_TIMEOUT_S,
            health_check_interval=30,
        )
    except ValueError as exc:
        raise _unusable(settings, exc) from exc
    return RedisBroker(  # type: ignore[no-untyped-call]
        client=client, middleware=middleware, namespace=settings.broker_namespace
    )


def _amqp(settings: Settings, middleware: list[Middleware]) -> dramatiq.Broker:
    from workers.probes.amqp_probe import imported_pika

    imported_pika()
    from workers.rabbitmq import ConfirmedRabbitmqBroker

    try:
        return ConfirmedRabbitmqBroker(settings.broker_url, middleware)
    except ValueError as exc:  # a parameter in the address
        raise _unusable(settings, exc) from exc


def _unusable(settings: Settings, exc: Exception) -> ConfigError:
    """Return the error for an address that the broker's client does not understand."""
    return BROKER_URL.refused(
        settings.broker_url, f"no address that its client understands: {clean_text(str(exc), 200)}"
    )


_BUILDERS = {"memory": _memory, "redis": _redis, "amqp": _amqp}
