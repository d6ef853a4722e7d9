"""The brokers that crash tests run on, and how each of them loses its messages."""

from __future__ import annotations

from typing import Any, Protocol

import pytest

from tests.support.rabbitmq import Rabbitmq

#: For a test that names the fixture `broker`.
on_both_brokers = pytest.mark.parametrize(
    "broker",
    ["redis", pytest.param("rabbitmq", marks=pytest.mark.rabbitmq)],
    indirect=True,
)


class TestedBroker(Protocol):
    """A broker under test."""

    url: str

    def lose_messages(self) -> None:
        """Take all messages away that no worker has."""


class RedisBroker:
    """Redis.

    Args:
        url: The session's server.
    """

    def __init__(self, url: str) -> None:
        import redis

        self.url = url
        self._client: Any = redis.Redis.from_url(url)

    def lose_messages(self) -> None:
        """Take everything away, also what workers have taken."""
        self._client.flushall()


class RabbitmqBroker:
    """RabbitMQ.

    Args:
        server: The session's server.
    """

    def __init__(self, server: Rabbitmq) -> None:
        self.url = server.url
        self.server = server

    def lose_messages(self) -> None:
        """Purge the queues."""
        self.server.purge()
