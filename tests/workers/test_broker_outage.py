"""A broker that is away is told once when it goes, and once when it is back."""

from __future__ import annotations

from typing import Any

import dramatiq.worker
import pytest
from dramatiq.errors import ConnectionClosed

from models.database.connection import Database
from tests.support.rig import Rig
from tests.support.waiting import wait_until


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
