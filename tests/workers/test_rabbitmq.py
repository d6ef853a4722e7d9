"""What Dramatiq's broker for RabbitMQ is changed in: nothing is lost silently, or kept too long."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from models.database.connection import Database
from models.settings.runtime import load_settings
from tests.support.rabbitmq import Rabbitmq
from tests.support.runs import new_run
from tests.support.waiting import wait_until
from workers.broker import build_broker
from workers.enqueue import send_step
from workers.message_format import QUEUE
from workers.upkeep.recovery import messages_waiting

pytestmark = pytest.mark.rabbitmq


@pytest.fixture
def broker(
    rabbitmq: Rabbitmq, sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Any]:
    """Return a broker over the session's RabbitMQ, whose queues are empty."""
    rabbitmq.purge()
    monkeypatch.setenv("SCOUT_BROKER_URL", rabbitmq.url)
    built = build_broker(load_settings())
    yield built
    built.close()
    rabbitmq.purge()


def send(broker: Any) -> bool:
    """Send the message of a new run."""
    return send_step(broker, new_run(broker="amqp"), "init_run")


def delivered(broker: Any, awaited: int = 0) -> list[Any]:
    """Return what a new consumer gets, which keeps it until its connection ends.

    What is `awaited` is waited for; that there is no more takes a moment to believe.
    """
    consumer = broker.consume(QUEUE, prefetch=5, timeout=200)
    try:
        got = [wait_until("a message", lambda: next(consumer)) for _ in range(awaited)]
        return got + list(iter(lambda: next(consumer), None))
    finally:
        consumer.close()


def test_a_connection_that_died_is_not_used_for_counting(broker: Any) -> None:
    assert messages_waiting(broker) == 0
    broker.connection.close()
    assert messages_waiting(broker) == 0


def test_a_message_to_a_queue_that_was_deleted_is_sent_to_a_new_one(broker: Any) -> None:
    assert send(broker)
    broker.channel.queue_delete(QUEUE)
    assert send(broker)
    assert messages_waiting(broker) == 1


def test_a_server_without_memory_does_not_hold_its_senders_for_long(
    broker: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    import pika
    from pika.adapters.blocking_connection import BlockingChannel

    held_s: list[float] = []

    def blocked(channel: Any, *args: Any, **options: Any) -> None:
        held_s.append(channel.connection._impl.params.blocked_connection_timeout)
        raise pika.exceptions.ConnectionBlockedTimeout("blocked")

    monkeypatch.setattr(BlockingChannel, "basic_publish", blocked)
    assert not send(broker)
    assert 0 < sum(held_s) <= 15
    assert "ConnectionClosed: blocked" in caplog.text


def test_a_message_that_is_not_acknowledged_comes_again(broker: Any) -> None:
    assert send(broker)
    assert len(delivered(broker, 1)) == 1
    assert len(delivered(broker, 1)) == 1


def test_one_that_was_had_for_long_does_not_and_its_late_end_is_no_warning(
    broker: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("workers.rabbitmq.ACKNOWLEDGE_AFTER_S", 0.0)
    assert send(broker)
    consumer = broker.consume(QUEUE, prefetch=1, timeout=200)
    message = wait_until("a message", lambda: next(consumer))
    assert next(consumer) is None
    consumer.ack(message)
    consumer.nack(message)
    consumer.close()
    assert delivered(broker) == []
    assert not [record for record in caplog.records if record.levelname != "INFO"]


@pytest.mark.parametrize(("asked", "heard_s"), [("", 10), ("?heartbeat=60", 60)])
def test_a_silent_link_is_left_soon_unless_the_address_says_otherwise(
    rabbitmq: Rabbitmq, monkeypatch: pytest.MonkeyPatch, asked: str, heard_s: int
) -> None:
    monkeypatch.setenv("SCOUT_BROKER_URL", rabbitmq.url + asked)
    broker: Any = build_broker(load_settings())
    try:
        assert broker.connection._impl.params.heartbeat == heard_s
    finally:
        broker.close()
