"""A Redis that answers and takes nothing is named for what it is before any work."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import redis

from models.settings.runtime import load_settings
from workers.broker import build_broker, check_broker
from workers.probes.answer import BrokerProbeError, Lengths
from workers.probes.redis_probe import ask_redis, redis_trouble, rights

pytestmark = pytest.mark.redis

USER, PASSWORD = "worker", "a-password-of-its-own"


@pytest.fixture
def admin(redis_url: str) -> Iterator[Any]:
    """Return a client of an empty Redis that is put back as it was."""
    client: Any = redis.Redis.from_url(redis_url)
    client.flushall()
    yield client
    client.config_set("maxmemory", 0)
    client.execute_command("REPLICAOF", "NO", "ONE")
    client.execute_command("ACL", "DELUSER", USER)
    client.close()


def ask(url: str) -> Lengths:
    """Ask a Redis, with a client of its own."""
    with redis.Redis.from_url(url, socket_timeout=5) as client:
        return ask_redis(client, url, "scout", "scout")


def refused(url: str) -> BrokerProbeError:
    """Ask a Redis that cannot be used, and return what is said."""
    with pytest.raises(BrokerProbeError) as caught:
        ask(url)
    return caught.value


def as_user(url: str) -> str:
    """Return the address for the user without the default one's rights."""
    return url.replace("redis://", f"redis://{USER}:{PASSWORD}@")


def test_one_that_works_is_left_as_it_was(admin: Any, redis_url: str) -> None:
    admin.rpush("scout:scout", "one")
    assert ask(redis_url) == Lengths(waiting=1, delayed=0)
    assert admin.lrange("scout:scout", 0, -1) == [b"one"]
    assert admin.keys("*probe*") == []


def test_a_full_memory_and_a_replica_are_named_in_their_own_words(
    admin: Any, redis_url: str
) -> None:
    admin.config_set("maxmemory", 1)
    full = refused(redis_url)
    admin.config_set("maxmemory", 0)
    assert full.answered
    assert "used memory > 'maxmemory'" in str(full)
    assert "maxmemory" in str(full.hint)
    admin.config_set("min-replicas-to-write", 1)
    alone = refused(redis_url)
    admin.config_set("min-replicas-to-write", 0)
    assert alone.answered
    assert "min-replicas-to-write" in str(alone.hint)
    admin.execute_command("REPLICAOF", "127.0.0.1", "1")
    replica = refused(redis_url)
    assert replica.answered
    assert "read only replica" in str(replica)
    assert "primary" in str(replica.hint)


def test_the_documented_rights_are_enough_and_each_is_named_where_it_is_missing(
    admin: Any, redis_url: str
) -> None:
    def give(*more: str) -> None:
        admin.execute_command(
            "ACL", "SETUSER", USER, "reset", "on", f">{PASSWORD}", *rights("scout").split(), *more
        )

    give()
    assert ask(as_user(redis_url)) == Lengths(waiting=0, delayed=0)
    give("-hset", "-zadd")
    missing = refused(as_user(redis_url))
    assert "may not hset, zadd" in str(missing)
    assert rights("scout") in str(missing.hint)
    assert PASSWORD not in f"{missing} {missing.hint}"
    assert "+select" in str(refused(as_user(redis_url).removesuffix("0") + "1").hint)
    give("+select")
    assert ask(as_user(redis_url).removesuffix("0") + "1") == Lengths(waiting=0, delayed=0)
    give("-keys", "+eval")
    with (
        redis.Redis.from_url(as_user(redis_url)) as client,
        pytest.raises(redis.exceptions.ResponseError) as caught,  # as in the middle of the work
    ):
        client.eval("return redis.call('keys', 'scout:*')", 1, "scout")
    assert rights("scout") in str(redis_trouble(caught.value, redis_url, "scout").hint)
    give("resetkeys", "~scout:*")
    assert rights("scout") in str(refused(as_user(redis_url)).hint)


def test_a_wrong_password(admin: Any, redis_url: str) -> None:
    wrong = refused(as_user(redis_url))
    assert wrong.answered
    assert "Correct the user and the password" in str(wrong.hint)
    assert PASSWORD not in str(wrong)


def test_addresses_that_lead_nowhere(redis_url: str) -> None:
    unknown = refused(f"{redis_url}?wings=2")
    assert "a parameter that is not known: wings" in str(unknown)
    missing = refused("rediss://127.0.0.1:1/0?ssl_ca_certs=/nowhere/ca.pem")
    assert not missing.answered
    away = refused("redis://127.0.0.1:1/0")
    assert "Start it" in str(away.hint)
    number = refused(redis_url.removesuffix("0") + "9999")
    assert number.answered
    assert "no database of that number" in str(number.hint)


def test_boot_asks_it(admin: Any, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCOUT_BROKER_URL", redis_url)
    admin.config_set("maxmemory", 1)
    with pytest.raises(BrokerProbeError, match="answers but takes no message"):
        check_broker(build_broker(load_settings()), load_settings())
