"""What is wrong with a RabbitMQ is said before any work, with what to do about it."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from models.errors import ConfigError
from models.settings.runtime import load_settings
from tests.support.cli import Scout
from tests.support.rabbitmq import Rabbitmq
from workers.broker import build_broker, check_broker
from workers.probes.amqp_probe import ask_rabbitmq, rabbitmq_trouble
from workers.probes.answer import BrokerProbeError, Lengths

pytestmark = pytest.mark.rabbitmq


def refused(url: str, queue: str = "scout") -> BrokerProbeError:
    """Ask a RabbitMQ that cannot be used, and return what is said."""
    with pytest.raises(BrokerProbeError) as caught:
        ask_rabbitmq(url, queue, 5.0)
    assert "Traceback" not in str(caught.value)
    return caught.value


def test_one_that_works_is_left_as_it_was(rabbitmq: Rabbitmq) -> None:
    rabbitmq.purge()
    assert ask_rabbitmq(rabbitmq.url, "scout", 5.0) == Lengths(0, 0, 0)
    assert ask_rabbitmq(rabbitmq.url, "nobody_made_it", 5.0) == Lengths(0, 0, 0)


def test_what_is_wrong_is_named(
    rabbitmq: Rabbitmq, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    password = refused(rabbitmq.url.replace("guest:guest", "guest:wrong-one"))
    assert password.answered
    assert "ACCESS_REFUSED" in str(password)
    assert "wrong-one" not in str(password)
    assert "password" in str(password.hint)

    host = refused(rabbitmq.url.replace("%2F", "nowhere"))
    assert host.answered
    assert "vhost nowhere not found" in str(host)
    assert "virtual host" in str(host.hint)

    port = refused("amqp://127.0.0.1:1/")
    assert not port.answered
    assert "127.0.0.1:1" in str(port)
    assert "Connection refused" in str(port)
    assert "Start it" in str(port.hint)

    several = f"amqp://guest:pass-1@127.0.0.1:1/%2F;{rabbitmq.url}"
    assert load_settings({"SCOUT_BROKER_URL": several}).broker_kind == "amqp"
    assert ask_rabbitmq(several, "scout", 5.0).waiting == 0
    neither = refused("amqp://guest:pass-1@127.0.0.1:1/;amqp://guest:pass-2@127.0.0.1:1/")
    assert "pass-" not in f"{neither} {neither.hint}"

    assert "no TLS at that port" in str(refused(rabbitmq.url.replace("amqp:", "amqps:")).hint)
    assert "Unknown URL parameter: 'nope'" in str(refused(f"{rabbitmq.url}?nope=1"))
    assert caplog.records == [], "pika's own lines, with their tracebacks, are not shown"
    assert capfd.readouterr() == ("", "")


def test_it_is_believed_when_it_has_done_what_scout_needs(rabbitmq: Rabbitmq) -> None:
    sender = refused(rabbitmq.url.replace("guest:guest", "sender:sender"))
    assert sender.answered
    assert "ACCESS_REFUSED" in str(sender)
    assert "configure, write and read" in str(sender.hint)

    full = refused(rabbitmq.url, "full")
    assert full.answered
    assert "refuse messages" in str(full.hint)
    losing = refused(rabbitmq.url, "losing")
    assert losing.answered
    assert "did not give it back" in str(losing)
    assert "drop messages" in str(losing.hint)


def test_a_queue_that_somebody_else_made_is_named(rabbitmq: Rabbitmq) -> None:
    import pika

    with pika.BlockingConnection(pika.URLParameters(rabbitmq.url)) as connection:
        channel = connection.channel()
        channel.queue_declare("theirs.DQ", durable=True, arguments={"x-max-priority": 5})
        try:
            theirs = refused(rabbitmq.url, "theirs")
            with pytest.raises(BrokerProbeError, match="PRECONDITION_FAILED"):
                ask_rabbitmq(rabbitmq.url, "theirs", 5.0, make=True)
        finally:
            for name in ("theirs", "theirs.DQ"):
                channel.queue_delete(name)
    assert theirs.answered
    assert "theirs.DQ" in str(theirs)
    assert "another virtual host" in str(theirs.hint)


def test_what_is_met_in_the_middle_of_the_work_has_a_hint_of_its_own() -> None:
    import pika

    late = pika.exceptions.ChannelClosedByBroker(
        406,
        "PRECONDITION_FAILED - delivery acknowledgement on channel 1 timed out. Timeout value used:"
        " 60000 ms.",
    )
    found = rabbitmq_trouble(late, "amqp://user:a-secret@b/")
    assert "consumer_timeout" in str(found.hint)
    assert "a-secret" not in str(found)


def test_boot_and_doctor_ask_it(rabbitmq: Rabbitmq, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCOUT_BROKER_URL", rabbitmq.url.replace("guest:guest", "guest:wrong-one"))
    with pytest.raises(BrokerProbeError):
        check_broker(build_broker(load_settings()), load_settings())
    result = Scout()("doctor")
    assert result.exit_code == 3
    assert "ACCESS_REFUSED" in result.stdout
    assert "Correct the user and the password" in result.stdout


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_doctor_counts_what_was_put_aside(
    rabbitmq: Rabbitmq, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pika

    monkeypatch.setenv("SCOUT_BROKER_URL", rabbitmq.url)
    broker: Any = build_broker(load_settings())
    broker.declare_queue("scout", ensure=True)
    rabbitmq.purge()
    for queue, count in (("scout", 1), ("scout.XQ", 3)):
        for _ in range(count):
            broker.channel.basic_publish("", queue, b"x", pika.BasicProperties(delivery_mode=2))
    broker.close()
    try:
        shown = Scout()("doctor").stdout
        assert "queue: 1 waiting, 0 delayed, 3 dead" in shown
        assert "3 messages that no worker could use were put aside" in " ".join(shown.split())
    finally:
        rabbitmq.purge()


def test_without_its_client_doctor_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "pika", None)
    with pytest.raises(ConfigError, match="not installed"):
        ask_rabbitmq("amqp://127.0.0.1:1/", "scout", 1.0)
