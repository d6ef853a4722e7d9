"""Asking a RabbitMQ: a queue of the probe's own must take a message, confirm it, and give it back.

A server whose disk or memory is short lets everybody in and holds back whoever publishes. Scout's
own queues may have been made by something else, or not be for its user: then nobody gets a message.
"""

from __future__ import annotations

import logging
import uuid
from typing import Any

from workers.probes.answer import TLS_NAME_HINTS, BrokerProbeError, Lengths, probe_error

_OTHERS_QUEUE = "A queue of that name was made by something else: use another virtual host."
_OPTIONS = "Correct ssl_options in SCOUT_BROKER_URL: a dictionary of Python, percent-encoded."
_OTHER_PROGRAM = (
    "Something else listens at that port, or speaks TLS only (amqps://): correct SCOUT_BROKER_URL."
)
_HINTS = TLS_NAME_HINTS | {
    "ProbableAuthentication": "Correct the user and the password in SCOUT_BROKER_URL.",
    "ProbableAccessDenied": "Its virtual host, the path of SCOUT_BROKER_URL, is not there or not"
    " for this user; the usual one, /, is written amqp://HOST/%2F.",
    "ACCESS_REFUSED": "Its user needs to configure, write and read what begins with `scout`, and to"
    " write to amq.default: rabbitmqctl set_permissions",
    "acknowledgement on channel": "Its consumer_timeout is shorter than the 15 minutes for which a"
    " message is kept: raise it. No work is lost or doubled.",
    "PRECONDITION_FAILED": _OTHERS_QUEUE,
    "RESOURCE_LOCKED": _OTHERS_QUEUE,
    "NackError": "A policy has its queue refuse messages (max-length): rabbitmqctl list_policies",
    "LostMessage": "A policy has its queue drop messages (max-length, message-ttl): rabbitmqctl"
    " list_policies",
    "ConnectionBlocked": "Its memory or disk is short, and it takes no messages: rabbitmqctl"
    " list_alarms",
    "Unknown URL parameter": "Correct SCOUT_BROKER_URL.",
    "SyntaxError": _OPTIONS,
    "malformed node": _OPTIONS,
    "cannot be all omitted": _OPTIONS,
    "FileNotFoundError": "A file that ssl_options in SCOUT_BROKER_URL names is not there.",
    "Invalid ": "Correct SCOUT_BROKER_URL.",
    "CERTIFICATE_VERIFY_FAILED": "Name the authority that signed its certificate in"
    " SCOUT_BROKER_URL: ?ssl_options=%7B%27cafile%27%3A+%27FILE%27%7D",
    "WRONG_VERSION_NUMBER": "There is no TLS at that port: amqp:// goes there, or another port.",
    "AMQP handshake": _OTHER_PROGRAM,
    "IncompatibleProtocol": _OTHER_PROGRAM,
}


class LostMessageError(Exception):
    """A queue took a message, confirmed it, and does not have it."""


def ask_rabbitmq(url: str, queue: str, timeout_s: float, *, make: bool = False) -> Lengths:
    """Send a message through a RabbitMQ, and return the lengths of its queues.

    Args:
        url: Its address, or several with a semicolon between them.
        queue: The queue of Scout's messages.
        timeout_s: How long it may take to let us in, and to take the message.
        make: Whether to make those of Scout's queues that are not there, as sending will.

    Raises:
        BrokerUnavailableError: It does not answer, or does not do all of it.
        ConfigError: The client library is not installed.
    """
    pika = imported_pika()
    try:
        connection = pika.BlockingConnection(
            [_hasty(pika.URLParameters(one), timeout_s) for one in url.split(";")]
        )
        try:
            _send(pika, connection, f"{queue}.probe.{uuid.uuid4().hex}")
            return Lengths(
                *(
                    _length(pika, connection, name, arguments, make)
                    for name, arguments in _queues(queue).items()
                )
            )
        finally:
            if connection.is_open:
                connection.close()
    except Exception as exc:
        raise rabbitmq_trouble(exc, url) from exc


def rabbitmq_trouble(exc: Exception, url: str) -> BrokerProbeError:
    """Return the error for what the client of a RabbitMQ raised, with what to do about it."""
    return probe_error(url, exc, _HINTS, answered=_is_answer(exc))


def _is_answer(exc: Exception) -> bool:
    """Say whether the server itself refused, rather than nobody heard from it."""
    errors = imported_pika().exceptions
    refusals = (
        errors.AMQPChannelError,
        errors.ConnectionBlockedTimeout,
        errors.ProbableAccessDeniedError,
        errors.ProbableAuthenticationError,
        LostMessageError,
    )
    return isinstance(exc, refusals)


def imported_pika() -> Any:
    """Return the client library, without its own lines: what goes wrong, it raises as well.

    Raises:
        ConfigError: It is not installed.
    """
    try:
        import pika
    except ImportError as exc:
        from models.install_hint import library_missing

        raise library_missing(
            "SCOUT_BROKER_URL names RabbitMQ, but its client is not installed.", "amqp"
        ) from exc
    logging.getLogger("pika").setLevel(logging.CRITICAL + 1)
    return pika


def _hasty(parameters: Any, timeout_s: float) -> Any:
    """Do not try again here: whoever asks wants to know how it is now."""
    parameters.socket_timeout = parameters.stack_timeout = timeout_s
    parameters.blocked_connection_timeout = timeout_s
    parameters.connection_attempts = 1
    return parameters


def _send(pika: Any, connection: Any, queue: str) -> None:
    channel = connection.channel()
    channel.confirm_delivery()
    channel.queue_declare(queue, exclusive=True)  # it goes with the connection
    channel.basic_publish("", queue, b"", mandatory=True)
    if channel.basic_get(queue, auto_ack=True)[0] is None:
        raise LostMessageError("it confirmed a message, and did not give it back")
    channel.close()


def _queues(queue: str) -> dict[str, dict[str, Any]]:
    """Return Scout's queues, with the arguments that Dramatiq makes them with."""
    from dramatiq.brokers.rabbitmq import DEAD_MESSAGE_TTL

    delayed, dead = f"{queue}.DQ", f"{queue}.XQ"
    to_dead = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": dead}
    return {queue: to_dead, delayed: to_dead, dead: {"x-message-ttl": DEAD_MESSAGE_TTL}}


def _length(pika: Any, connection: Any, queue: str, arguments: dict[str, Any], make: bool) -> int:
    channel = connection.channel()  # one that is asked for a queue that is not there is closed
    if not make:
        try:
            channel.queue_declare(queue, passive=True)
        except pika.exceptions.ChannelClosedByBroker as exc:
            if exc.reply_code != 404:
                raise
            return 0
    declared = channel.queue_declare(queue, durable=True, arguments=arguments)
    return int(declared.method.message_count)
