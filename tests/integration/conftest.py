"""A real broker, a real database on both kinds, and settings that make waiting short."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from models.database.connection import Database
from tests.integration.brokers import RabbitmqBroker, RedisBroker, TestedBroker
from tests.integration.hold import Hold


@pytest.fixture
def broker(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, database: Database
) -> Iterator[TestedBroker]:
    """Set up an empty broker and short times, and return the broker.

    Leases are as long as usual: on a busy machine short ones run out on those who are alive.

    It is Redis, and RabbitMQ as well for tests that are marked with `on_both_brokers`.
    """
    tested: TestedBroker
    if getattr(request, "param", "redis") == "redis":
        tested = RedisBroker(request.getfixturevalue("redis_url"))
    else:
        tested = RabbitmqBroker(request.getfixturevalue("rabbitmq"))
    tested.lose_messages()
    for name, value in {
        "SCOUT_BROKER_URL": tested.url,
        "SCOUT_RECOVERY_INTERVAL_S": "0.2",
        "SCOUT_REPEAT_AFTER_S": "1",
        "SCOUT_SHUTDOWN_GRACE_S": "10",
    }.items():
        monkeypatch.setenv(name, value)
    yield tested
    tested.lose_messages()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Try what takes servers long once: other ways and brokers on SQLite, as the rows are the same.

    By messages, RabbitMQ is tried in full; with the thread that goes on, it sees one message a run.
    """

    def is_tried_elsewhere(item: pytest.Item) -> bool:
        given = getattr(getattr(item, "callspec", None), "params", {})
        database, handoff = given.get("database"), given.get("handoff", "broker")
        if given.get("broker") == "rabbitmq":
            return (database, handoff) != ("sqlite", "broker")
        return (database, given.get("handoff")) == ("postgres", "broker")

    config.hook.pytest_deselected(items=[item for item in items if is_tried_elsewhere(item)])
    items[:] = [item for item in items if not is_tried_elsewhere(item)]


@pytest.fixture(params=["thread", "broker"])
def handoff(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a run's next step done by the thread that did the last one, and by any, by a message."""
    monkeypatch.setenv("SCOUT_HANDOFF", request.param)


@pytest.fixture
def hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hold:
    """Return what makes steps wait."""
    folder = tmp_path / "held"
    folder.mkdir()
    monkeypatch.setenv("HELD", str(folder))
    return Hold(folder)
