"""A broker that is away is told once when it goes, and once when it is back."""

from __future__ import annotations

from typing import Any

import dramatiq.worker
import pytest
from dramatiq.errors import ConnectionClosed
from msgspec.structs import replace

from models.database.connection import Database
from models.steps import STEP_NAMES
from tasks.step import StepContext
from tests.support.rig import FIRST, Rig
from tests.support.runs import new_run, run_of
from tests.support.waiting import wait_until
from workers.enqueue import send_step
from workers.message_format import QUEUE


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
            raise ConnectionClosed(ConnectionError("refused"))
        return real(broker, queue_name, *args, **options)

    monkeypatch.setattr(StubBroker, "consume", consume)
    monkeypatch.setattr(dramatiq.worker, "CONSUMER_RESTART_DELAY_SECS", 0.01)
    caplog.set_level("INFO")

    def told(word: str) -> list[Any]:
        return [record for record in caplog.records if word in record.getMessage()]

    with Rig().working():
        wait_until("many tries", lambda: len(tries) > 10 and len(set(tries)) == 2)
        away = False
        wait_until("the end of the outage", lambda: told("answers again"))
    (began,) = told("The broker is away")
    assert (began.levelname, "scout doctor" in began.hint) == ("ERROR", True)
    assert len(told("answers again")) == 1
    assert told("Consumer encountered") == told("Restarting consumer") == []


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
            wait_until("the outage", lambda: "The broker is away" in caplog.text)
            client.config_set("maxmemory", 0)
            wait_until("its end", lambda: "The broker answers again" in caplog.text)
            rig.broker.join(QUEUE, timeout=10_000)  # type: ignore[call-arg]
    finally:
        client.config_set("maxmemory", 0)
        rig.broker.close()
    (line,) = [one for one in caplog.records if "The broker is away" in one.getMessage()]
    assert "used memory > 'maxmemory'" in line.getMessage()
    assert not [one for one in caplog.records if one.exc_info and "dramatiq" in one.name]
    assert run_of(run_id).status == "success"
