"""Asking a RabbitMQ: a queue of the probe's own must take a message, and confirm it.

A server whose disk or memory is short lets everybody in and holds back whoever publishes.
"""

from __future__ import annotations

import logging
import uuid
from typing import Any

from workers.probes.answer import Lengths, probe_error

_HINTS = {
    "ProbableAuthentication": "Correct the user and the password in SCOUT_BROKER_URL.",
    "ProbableAccessDenied": "Its virtual host, the path of SCOUT_BROKER_URL, is not there or not"
    " for this user; the usual one, /, is written amqp://HOST/%2F.",
    "ACCESS_REFUSED": "Its user needs to configure, write and read what begins with `scout`, and to"
    " write to amq.default: rabbitmqctl set_permissions",
    "PRECONDITION_FAILED": "A queue of that name was made by something else: use another virtual"
    " host.",
    "ConnectionBlocked": "Its memory or disk is short, and it takes no messages: rabbitmqctl"
    " list_alarms",
    "Unknown URL parameter": "Correct SCOUT_BROKER_URL.",
    "Invalid ": "Correct SCOUT_BROKER_URL.",
    "CERTIFICATE_VERIFY_FAILED": "Name the authority that signed its certificate in"
    " SCOUT_BROKER_URL: ?ssl_options=%7B%27cafile%27%3A+%27FILE%27%7D",
    "WRONG_VERSION_NUMBER": "There is no TLS at that port: amqp:// goes there, or another port.",
}


def ask_rabbitmq(url: str, queue: str, timeout_s: float) -> Lengths:
    """Send a message through a RabbitMQ, and return the lengths of its queues.

    Args:
        url: Its address, or several with a semicolon between them.
        queue: The queue of Scout's messages.
        timeout_s: How long it may take to let us in, and to take the message.

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
            return Lengths(*(_length(pika, connection, queue + end) for end in ("", ".DQ", ".XQ")))
        finally:
            if connection.is_open:
                connection.close()
    except Exception as exc:
        raise probe_error(url, exc, _HINTS, answered=_is_answer(pika, exc)) from exc


def _is_answer(pika: Any, exc: Exception) -> bool:
    """Say whether the server itself refused, rather than nobody heard from it."""
    errors = pika.exceptions
    refusals = (
        errors.AMQPChannelError,
        errors.ConnectionBlockedTimeout,
        errors.ProbableAccessDeniedError,
        errors.ProbableAuthenticationError,
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
    channel.close()


def _length(pika: Any, connection: Any, queue: str) -> int:
    channel = connection.channel()  # one that is asked for a queue that is not there is closed
    try:
        return int(channel.queue_declare(queue, passive=True).method.message_count)
    except pika.exceptions.ChannelClosedByBroker as exc:
        if exc.reply_code != 404:
            raise
        return 0
