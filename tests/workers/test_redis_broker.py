"""What somebody else wrote into Redis is taken out of it, whether or not it says its name."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import pytest
import redis
from dramatiq.brokers.redis import MAINTENANCE_SCALE

from models.database.connection import Database
from models.ids import new_id
from tests.support.planted import Planted
from tests.support.rig import FIRST, Rig
from tests.support.waiting import wait_until
from workers.enqueue import send_step
from workers.message_format import run_id_of
from workers.probes.redis_probe import rights

pytestmark = pytest.mark.redis


def hostile(token: str, **changes: Any) -> bytes:
    """Return a message that holds a token in what it may hold."""
    message = {
        "queue_name": "scout",
        "actor_name": token,
        "args": [token],
        "kwargs": {token: 1},
        "options": {"traceback": token},
        "message_id": token,
        "message_timestamp": 1,
    }
    return json.dumps(message | changes).encode()


def test_no_message_stays_that_was_taken(redis_url: str, sqlite_database: Database) -> None:
    rig, planted, run_id = Rig(broker_url=redis_url), Planted(), new_id(0)
    broker: Any = rig.broker
    broker.client.flushall()
    kept = send_step(broker, run_id, FIRST)
    queue = f"{broker.namespace}:scout"
    messages = [
        hostile(planted.token("all")),
        hostile("x", actor_name=FIRST, args=[run_id], kwargs={}, message_id="m"),  # but for a name
        hostile(planted.token("id"), options={"redis_message_id": planted.token("its name")}),
        hostile(planted.token("queue"), queue_name=planted.token("queue name")),
        planted.token("bytes", "zero width").encode(),
    ]
    for number, data in enumerate(messages):
        broker.client.hset(f"{queue}.msgs", f"hostile-{number}", data)
        broker.client.rpush(queue, f"hostile-{number}")
    broker.client.rpush(queue, "of nothing")
    consumer = broker.consume("scout", prefetch=10, timeout=1)
    told = []
    while (message := next(consumer)) is not None:
        told.append(run_id_of(message.args, message.options))
        consumer.ack(message)
    assert kept
    assert sorted(told, key=str) == [run_id, run_id, None, None, None, None]
    left = {key: broker.client.dump(key) for key in broker.client.keys("*")}
    assert planted.found_in({str(key): str(data) for key, data in left.items()}) == []
    assert not any(key.endswith((b".msgs", b":scout", b".scout")) for key in left), left
    broker.close()


def test_what_lies_about_its_queue_or_its_time_goes_as_well(
    redis_url: str, sqlite_database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    rig = Rig(broker_url=redis_url)
    client: Any = rig.broker.client  # type: ignore[attr-defined]
    client.flushall()
    for name in map(str, range(100, 140)):  # more than are taken at a time
        options = {"redis_message_id": name, "eta": 9e13}
        mine = hostile(FIRST, args=[new_id(0)], kwargs={}, message_id="m", options=options)
        client.hset("scout:scout.msgs", name, mine)
        client.rpush("scout:scout", name)
    queues = ("scout", "scout.DQ", "elsewhere")
    for number, (queue, said) in enumerate(product(queues[:2], queues)):
        data = hostile("x", queue_name=said, options={"redis_message_id": str(number)})
        client.hset(f"scout:{queue}.msgs", str(number), data)
        client.rpush(f"scout:{queue}", str(number))
    with rig.working():
        wait_until("all to be gone", lambda: not client.keys("*.msgs"))
    assert not client.keys("scout:__acks__*")
    assert not [record for record in caplog.records if record.exc_info]


def test_where_keys_is_not_allowed_it_is_said_once_and_commands_go_on(
    redis_url: str, sqlite_database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    rig = Rig(broker_url=redis_url.replace("redis://", "redis://no-keys:a-word@"))
    broker: Any = rig.broker
    broker.maintenance_chance = MAINTENANCE_SCALE  # at each command
    with redis.Redis.from_url(redis_url) as admin:
        admin.flushall()
        may = [right for right in rights("scout").split() if right != "+keys"]
        admin.execute_command("ACL", "SETUSER", "no-keys", "reset", "on", ">a-word", *may)
        admin.zadd("scout:__heartbeats__", {"dead": 1})
        try:
            assert send_step(broker, new_id(0), FIRST)
            assert send_step(broker, new_id(1), FIRST)
            assert admin.llen("scout:scout") == 2
            admin.execute_command("ACL", "SETUSER", "no-keys", "-rpush")
            with pytest.raises(redis.exceptions.ResponseError, match="rpush"):
                broker.do_enqueue("scout", "an-id", b"")
        finally:
            admin.execute_command("ACL", "DELUSER", "no-keys")
            admin.flushall()
    broker.close()
    (line,) = [one for one in caplog.records if one.name == "workers.redis_broker"]
    assert "does not allow KEYS" in line.getMessage()
