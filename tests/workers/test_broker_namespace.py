"""Environments that share a broker: kept apart by a namespace, and told of where they are not."""

from __future__ import annotations

from typing import Any

import pytest

from models.database.connection import Database
from models.errors import ConfigError
from models.ids import new_id
from models.settings.runtime import load_settings
from tests.support.logs import Logs
from tests.support.rig import FIRST, Rig
from workers.broker import check_broker
from workers.enqueue import send_step
from workers.upkeep.recovery import messages_waiting


@pytest.mark.redis
def test_each_namespace_has_its_own_messages(redis_url: str, sqlite_database: Database) -> None:
    ours = Rig(broker_url=redis_url, broker_namespace="staging")
    theirs = Rig(broker_url=redis_url)
    client: Any = ours.broker.client  # type: ignore[attr-defined]
    client.flushall()
    check_broker(ours.broker, ours.settings)
    assert send_step(ours.broker, new_id(0), FIRST)
    assert (messages_waiting(ours.broker), messages_waiting(theirs.broker)) == (1, 0)
    assert all(key.startswith(b"staging:") for key in client.keys("*"))
    for rig in (ours, theirs):
        rig.broker.close()


def test_a_message_of_another_environment_is_refused_aloud(
    sqlite_database: Database, logs: Logs
) -> None:
    run_id = new_id(0)
    Rig().deliver(run_id, FIRST)
    (line,) = [line for line in logs.lines if line["event"] == "message.foreign"]
    assert line["level"] == "ERROR"
    assert f"run {run_id} is not in this database" in line["message"]
    assert (line["run_id"], line["step"]) == (run_id, FIRST)
    assert "SCOUT_BROKER_NAMESPACE" in str(line)


def test_a_namespace_that_cannot_be_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCOUT_BROKER_NAMESPACE", "two words")
    with pytest.raises(ConfigError, match="SCOUT_BROKER_NAMESPACE is 'two words'"):
        load_settings()
    monkeypatch.setenv("SCOUT_BROKER_NAMESPACE", "staging")
    monkeypatch.setenv("SCOUT_BROKER_URL", "amqp://127.0.0.1/")
    with pytest.raises(ConfigError, match="for Redis only") as caught:
        load_settings()
    assert "virtual host" in str(caught.value.hint)
