"""A real broker, a real database on both kinds, and settings that make waiting short."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from models.database.connection import Database


@pytest.fixture
def broker(redis_url: str, monkeypatch: pytest.MonkeyPatch, database: Database) -> Iterator[Any]:
    """Set up an empty Redis and short times, and return a client of it."""
    import redis

    client = redis.Redis.from_url(redis_url)
    client.flushdb()
    for name, value in {
        "SCOUT_BROKER_URL": redis_url,
        "SCOUT_LEASE_S": "1.5",
        "SCOUT_RECOVERY_INTERVAL_S": "0.2",
        "SCOUT_REPEAT_AFTER_S": "1",
        "SCOUT_SHUTDOWN_GRACE_S": "10",
    }.items():
        monkeypatch.setenv(name, value)
    yield client
    client.flushdb()
    client.close()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Try the way by messages on SQLite only: the rows are the same, and servers take long."""

    def is_tried_elsewhere(item: pytest.Item) -> bool:
        given = getattr(getattr(item, "callspec", None), "params", {})
        return (given.get("database"), given.get("handoff")) == ("postgres", "broker")

    config.hook.pytest_deselected(items=[item for item in items if is_tried_elsewhere(item)])
    items[:] = [item for item in items if not is_tried_elsewhere(item)]
