"""A broker that is away is told once when it goes, and once when it is back."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable
from typing import Any

import dramatiq.worker
import pytest
import redis
from dramatiq.errors import ConnectionClosed
from msgspec.structs import replace

from models.database.connection import Database
from models.settings.runtime import load_settings
from models.steps import STEP_NAMES
from tasks.step import StepContext
from tests.support.rig import FIRST, Rig
from tests.support.runs import new_run, run_of
from tests.support.waiting import wait_until
from workers import broker_outage
from workers.broker_outage import BrokerOutage
from workers.enqueue import send_step
from workers.message_format import QUEUE
from workers.probes.trouble import broker_trouble


def outage_of(monkeypatch: pytest.MonkeyPatch) -> tuple[BrokerOutage, Callable[[float], None]]:
    """Return an outage and what sets its clock."""
    clock = [100.0]
    monkeypatch.setattr(broker_outage.time, "monotonic", lambda: clock[0])

    def at(now_s: float) -> None:
        clock[0] = now_s

    settings = load_settings({"SCOUT_BROKER_URL": "redis://user:a-secret@broker/0"})
    return BrokerOutage(lambda exc: broker_trouble(exc, settings)), at


def met(outage: BrokerOutage, error: Exception) -> logging.LogRecord | None:
    """Have a consumer meet an error; returns the line that is written, if one is."""
    text = "Consumer encountered a connection error: %s"
    record = logging.LogRecord("x", 50, "", 1, text, (ConnectionClosed(error),), None)
    return record if outage.filter(record) else None


def test_it_is_not_over_while_one_consumer_is_refused_each_time(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    outage, at = outage_of(monkeypatch)
    line = met(outage, redis.exceptions.NoPermissionError("no lpop"))
    assert line is not None
    assert "redis://[REDACTED]@broker/0 answers but takes no message" in line.getMessage()
    assert "+lpop" in vars(line)["hint"]
    for now_s in (103.0, 106.0, 109.0):
        outage.over(now_s - 1)  # the other one hears from it
        at(now_s)
        assert met(outage, redis.exceptions.NoPermissionError("no lpop")) is None
        assert outage.lasting() is None
    at(112.0)
    met(outage, redis.exceptions.NoPermissionError("no rpush"))
    assert "no rpush" in str(outage.lasting())
    other = met(outage, redis.exceptions.ReadOnlyError("READONLY"))
    assert other is not None, "another cause is told, once"
    assert "It is a replica" in vars(other)["hint"]
    assert met(outage, redis.exceptions.ReadOnlyError("READONLY")) is None
    outage.over(117.9)
    assert not caplog.records
    outage.over(118.0)
    assert caplog.messages == ["The broker answers again after 12 s."]
    assert outage.lasting() is None


def test_an_outage_is_two_lines_however_often_and_by_whomever_it_is_met(
    sqlite_database: Database, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dramatiq.brokers.stub import StubBroker

    tries: list[str] = []
    away = True
    real = StubBroker.consume

    def consume(broker: StubBroker, queue_name: str, *args: Any, **options: Any) -> Any:
        if away:
            tries.append(queue_name)
            error = ConnectionError("refused")  # Dramatiq knows of some that they are no bugs
            raise error if queue_name == QUEUE else ConnectionClosed(error)
        return real(broker, queue_name, *args, **options)

    monkeypatch.setattr(StubBroker, "consume", consume)
    monkeypatch.setattr(dramatiq.worker, "CONSUMER_RESTART_DELAY_SECS", 0.01)
    caplog.set_level("INFO")

    def told(word: str) -> list[Any]:
        return [record for record in caplog.records if word in record.getMessage()]

    def unresolved(*args: Any) -> None:
        raise socket.gaierror("no such host")

    rig = Rig()
    with rig.working():
        wait_until("many tries", lambda: len(tries) > 10 and len(set(tries)) == 2)
        away = False
        wait_until("the end of the outage", lambda: told("answers again"))
    (began,) = told("It is tried again")
    assert "does not answer (ConnectionError: refused)" in began.getMessage()
    assert (began.levelname, "Start it" in began.hint) == ("ERROR", True)
    assert len(told("answers again")) == 1
    assert told("Consumer encountered") == told("Restarting consumer") == []
    monkeypatch.setattr(rig.broker, "emit_before", unresolved)
    with pytest.raises(ConnectionClosed, match="no such host"):
        rig.broker.enqueue(rig.broker.get_actor(FIRST).message("x"))


@pytest.mark.redis
def test_a_full_redis_is_an_outage_in_its_own_words_and_no_traceback(
    redis_url: str, sqlite_database: Database, caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(dramatiq.worker, "CONSUMER_RESTART_DELAY_SECS", 0.01)
    monkeypatch.setattr(dramatiq.worker, "POST_PROCESS_MESSAGE_RETRY_DELAY_SECS", 0.01)
    caplog.set_level("INFO")
    rig = Rig(broker_url=redis_url)
    client: Any = rig.broker.client  # type: ignore[attr-defined]
    client.flushall()
    run_id = new_run(broker="redis")

    def fill_up(context: StepContext) -> dict[str, Any]:
        client.config_set("maxmemory", 1)
        return {}

    rig.bodies[STEP_NAMES[-1]] = fill_up
    rig.settings = replace(rig.settings, handoff="thread")
    rig.steps.settings = rig.settings
    try:
        with rig.working():
            send_step(rig.broker, run_id, FIRST)
            wait_until("the outage", lambda: "It is tried again" in caplog.text)
            client.config_set("maxmemory", 0)
            wait_until("its end", lambda: "The broker answers again" in caplog.text)
            rig.broker.join(QUEUE, timeout=10_000)  # type: ignore[call-arg]
    finally:
        client.config_set("maxmemory", 0)
        rig.broker.close()
    (line,) = [one for one in caplog.records if "It is tried again" in one.getMessage()]
    assert "used memory > 'maxmemory'" in line.getMessage()
    assert "raise its maxmemory" in line.hint
    assert not [one for one in caplog.records if one.exc_info and "dramatiq" in one.name]
    assert run_of(run_id).status == "success"
