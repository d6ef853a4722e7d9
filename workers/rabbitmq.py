"""Dramatiq's broker for RabbitMQ, which knows of every message whether the server has it.

Without confirmations a message into a dead connection, or to a queue that was deleted, is lost
without an error; with them Dramatiq connects anew, declares the queue again, and sends again.

A message is acknowledged while its work still goes on where that takes long: the server takes the
channel of a consumer that keeps one for half an hour, and delivers all that it had again. A message
only wakes somebody up; what is to be done, and by whom, stands in the rows.
"""

from __future__ import annotations

import time
from typing import Any

import pika
from dramatiq.brokers import rabbitmq
from dramatiq.brokers.rabbitmq import RabbitmqBroker, _RabbitmqConsumer
from dramatiq.errors import ConnectionClosed
from dramatiq.middleware import Middleware

#: How long a server that is short of memory or disk may hold a publisher back.
BLOCKED_TIMEOUT_S = 5.0

#: How often a message is tried to be sent: a connection may be dead, and its queue gone as well.
#: Recovery has other things to do, and whoever waits longer learns nothing new.
rabbitmq.MAX_ENQUEUE_ATTEMPTS = 3

#: How long a message is kept, at work or until it is due.
ACKNOWLEDGE_AFTER_S = 900.0


#: A link that carries nothing any more is left after twice this time, if the address does not say
#: otherwise; the server's own proposal is a minute.
HEARTBEAT_S = 10


class EarlyConsumer(_RabbitmqConsumer):
    """A consumer that lets go of messages that it has had for long."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)  # type: ignore[no-untyped-call]
        #: When each message came that is not acknowledged, by its tag.
        self._since_s: dict[int, float] = {}

    def __next__(self) -> Any:
        """Return the next message, or None where none has come for a while."""
        message = super().__next__()  # type: ignore[no-untyped-call]
        now_s = time.monotonic()
        if message is not None:
            self._since_s[message._tag] = now_s
        for tag, since_s in list(self._since_s.items()):
            if now_s - since_s >= ACKNOWLEDGE_AFTER_S and self._since_s.pop(tag, None) is not None:
                self._let_go(tag)
        return message

    def ack(self, message: Any) -> None:
        """Acknowledge a message, unless that was done when it got old."""
        if self._since_s.pop(message._tag, None) is not None:
            super().ack(message)  # type: ignore[no-untyped-call]

    def nack(self, message: Any) -> None:
        """Put a message aside, unless it was acknowledged when it got old."""
        if self._since_s.pop(message._tag, None) is not None:
            super().nack(message)  # type: ignore[no-untyped-call]

    def _let_go(self, tag: int) -> None:
        """Acknowledge in the consumer's own thread."""
        self.known_tags.discard(tag)
        try:
            self.channel.basic_ack(tag)
        except pika.exceptions.AMQPError as exc:
            raise ConnectionClosed(exc) from None  # type: ignore[no-untyped-call]


class ConfirmedRabbitmqBroker(RabbitmqBroker):
    """A RabbitMQ broker that loses no message silently.

    Args:
        url: Where it is.
        middleware: What Dramatiq calls around messages.
    """

    def __init__(self, url: str, middleware: list[Middleware]) -> None:
        super().__init__(url=url, middleware=middleware, confirm_delivery=True)
        several = self.parameters if isinstance(self.parameters, list) else [self.parameters]
        for parameters in several:
            if parameters.blocked_connection_timeout is None:
                parameters.blocked_connection_timeout = BLOCKED_TIMEOUT_S
            if parameters.heartbeat is None:
                parameters.heartbeat = HEARTBEAT_S

    @property
    def consumer_class(self) -> type[EarlyConsumer]:
        """Return what takes messages out of a queue."""
        return EarlyConsumer

    def get_queue_message_counts(self, queue_name: str) -> tuple[int, int, int]:
        """Return how many messages wait, are delayed and are dead, over a connection that lives.

        Raises:
            ConnectionClosed: The server does not answer on a new connection either.
        """
        try:
            return self._counts(queue_name)
        except pika.exceptions.AMQPError:
            del self.connection  # it may have died since it was used last
        try:
            return self._counts(queue_name)
        except pika.exceptions.AMQPError as exc:
            del self.connection
            raise ConnectionClosed(exc) from None  # type: ignore[no-untyped-call]

    def _counts(self, queue_name: str) -> tuple[int, int, int]:
        counts: Any = super().get_queue_message_counts(queue_name)
        return counts  # type: ignore[no-any-return]
