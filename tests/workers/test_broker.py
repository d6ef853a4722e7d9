"""Building brokers, and what goes over them: run ids, and nothing else."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import dramatiq
import pytest

from models.database.connection import Database
from models.errors import BrokerUnavailableError, ConfigError, TransientError
from models.install_hint import install_command
from models.settings.runtime import load_settings
from models.steps import STEP_NAMES
from tasks.step import StepContext
from tests.support.processes import ROOT
from tests.support.rig import FIRST, Rig
from tests.support.runs import events, new_run, run_of
from tests.support.secrets import assert_kept
from tests.support.waiting import wait_until
from workers.broker import boot, check_broker
from workers.embedded import EmbeddedWorker
from workers.message_format import QUEUE
from workers.middleware.process_loops import ProcessMiddleware
from workers.middleware.step_recorder import StepMiddleware

pytestmark = pytest.mark.redis


@pytest.fixture
def redis_rig(redis_url: str, database: Database) -> Iterator[Rig]:
    """Return a rig over a real, empty Redis."""
    rig = Rig(broker_url=redis_url)
    rig.broker.client.flushdb()  # type: ignore[attr-defined]
    yield rig
    rig.broker.close()


def contents(rig: Rig) -> dict[str, str]:
    """Return everything that Redis holds, by key."""
    client: Any = rig.broker.client  # type: ignore[attr-defined]
    found = {}
    for key in client.keys("*"):
        kind = client.type(key)
        if kind == b"list":
            value: Any = client.lrange(key, 0, -1)
        elif kind == b"hash":
            value = client.hgetall(key)
        elif kind == b"zset":
            value = client.zrange(key, 0, -1)
        elif kind == b"set":
            value = client.smembers(key)
        else:
            value = client.get(key)
        found[key.decode()] = str(value)
    return found


def test_the_middleware_is_scouts_and_nothing_else() -> None:
    kinds = [type(middleware) for middleware in Rig().broker.middleware]
    assert kinds == [ProcessMiddleware, StepMiddleware]


def test_there_is_one_actor_per_step_and_later_steps_come_first() -> None:
    rig = Rig()
    actors = [rig.broker.get_actor(name) for name in STEP_NAMES]
    assert {actor.queue_name for actor in actors} == {QUEUE}
    priorities = [actor.priority for actor in actors]
    assert priorities == sorted(priorities, reverse=True)
    assert set(rig.broker.get_declared_actors()) == set(STEP_NAMES)


def test_redis_holds_run_ids_but_no_payload_and_no_secret(
    redis_rig: Rig, secrets: dict[str, str]
) -> None:
    run_id = new_run(query="needle in the haystack")
    redis_rig.broker.enqueue(redis_rig.broker.get_actor(FIRST).message(run_id))
    found = contents(redis_rig)
    assert any(run_id in text for text in found.values())
    assert all(key.startswith("scout:") for key in found)
    assert "needle" not in str(found)
    assert_kept(secrets, found)


def test_redis_holds_no_traceback_of_a_failed_step(redis_rig: Rig, secrets: dict[str, str]) -> None:
    """Dramatiq's own retries would store one, with whatever the error's text holds."""
    token = secrets["GITHUB_TOKEN"]
    seen: dict[str, str] = {}

    def body(context: StepContext) -> Mapping[str, Any]:
        raise TransientError(f"a telling text for {token}", retry_after_s=30.0)

    redis_rig.bodies[FIRST] = body
    run_id = new_run()
    with redis_rig.working():
        redis_rig.broker.enqueue(redis_rig.broker.get_actor(FIRST).message(run_id))
        wait_until("the retry to be sent", lambda: contents(redis_rig).get("scout:scout.DQ.msgs"))
        seen.update(contents(redis_rig))
    assert "Traceback" not in str(seen)
    assert "a telling text" not in str(seen)
    assert_kept(secrets, seen)


def test_a_chain_on_redis_leaves_nothing_behind(redis_rig: Rig) -> None:
    run_id = new_run()
    with redis_rig.working():
        redis_rig.broker.enqueue(redis_rig.broker.get_actor(FIRST).message(run_id))
        wait_until("the run to end", lambda: run_of(run_id).ended)
        redis_rig.broker.join(QUEUE, timeout=10_000)  # type: ignore[call-arg]
    assert events(run_id).count("step.started") == 10
    left = {key for key in contents(redis_rig) if "msgs" in key or key == "scout:scout"}
    assert left == set()


def test_redis_by_name_takes_hand_offs_of_a_dry_run(
    redis_url: str, sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The network guard lets new connections to `localhost` through, at any address of it."""
    rig = Rig(broker_url=redis_url.replace("127.0.0.1", "localhost"), repeat_after_s=1.0)
    client: Any = rig.broker.client  # type: ignore[attr-defined]
    client.flushdb()

    def body(context: StepContext) -> Mapping[str, Any]:
        client.connection_pool.disconnect(inuse_connections=False)
        return {}

    rig.bodies.update(dict.fromkeys(STEP_NAMES, body))
    run_id = new_run()
    with rig.working():
        rig.broker.enqueue(rig.broker.get_actor(FIRST).message(run_id))
        wait_until("the run to end", lambda: run_of(run_id).ended)
    assert run_of(run_id).status == "success"
    assert run_of(run_id).stats["outbound_attempts"] == 0


class TestABrokerThatIsNotThere:
    """It is said before anything is written."""

    def test_redis_that_does_not_answer(self) -> None:
        rig = Rig(broker_url="redis://bob:hunter2@127.0.0.1:1/0")
        with pytest.raises(BrokerUnavailableError) as caught:
            check_broker(rig.broker, rig.settings)
        assert "127.0.0.1:1" in str(caught.value)
        assert "hunter2" not in str(caught.value)
        assert caught.value.hint

    def test_boot_refuses(self, sqlite_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SCOUT_BROKER_URL", "redis://127.0.0.1:1/0")
        with pytest.raises(BrokerUnavailableError):
            boot()

    def test_rabbitmq_without_its_client_says_what_to_install(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, "pika", None)
        sys.modules.pop("dramatiq.brokers.rabbitmq", None)
        with pytest.raises(ConfigError, match="not installed") as caught:
            Rig(broker_url="amqp://127.0.0.1/")
        assert install_command("amqp") in caught.value.hint


class TestEmbedded:
    """A worker in this process."""

    def test_it_runs_the_real_chain(self, sqlite_database: Database, tmp_path: Any) -> None:
        run_id = new_run(broker="memory", out=str(tmp_path / "out"))
        with EmbeddedWorker(load_settings()) as worker:
            assert dramatiq.get_broker() is worker.broker
            worker.send(run_id, FIRST)
            wait_until("the run to end", lambda: run_of(run_id).ended)
        assert run_of(run_id).status == "success"
        assert (tmp_path / "out" / f"run_{run_id}" / "index.md").exists()

    def test_it_adopts_a_run_that_was_left_behind_and_knows_it(
        self, sqlite_database: Database, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SCOUT_REPEAT_AFTER_S", "0.1")
        monkeypatch.setenv("SCOUT_RECOVERY_INTERVAL_S", "0.1")
        left, mine = (new_run(broker="memory", out=str(tmp_path)) for _ in range(2))
        adopted: set[str] = set()
        with EmbeddedWorker(load_settings()) as worker:
            wait_until(
                "both runs to end",
                lambda: (
                    adopted.update(worker.other_runs(mine))
                    or (run_of(left).ended and run_of(mine).ended)
                ),
            )
            assert worker.other_runs(mine) == []
        assert adopted == {left}


def test_importing_workers_boots_nothing() -> None:
    """Only under the `dramatiq` command; light commands must not pay for it."""
    code = "import workers, sys; assert not any(m.startswith('dramatiq') for m in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_what_strangers_write_into_the_queue_holds_nobody_up(
    redis_rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    """Also not the messages that were fetched together with one that cannot be read."""
    client: Any = redis_rig.broker.client  # type: ignore[attr-defined]
    for number, data in enumerate((b"\xff", b"{}", b'{"args": [], "options": {}}')):
        client.hset("scout:scout.msgs", f"bad{number}", data)
        client.rpush("scout:scout", f"bad{number}")
    run_id = new_run(broker="redis")
    redis_rig.broker.enqueue(redis_rig.broker.get_actor(FIRST).message(run_id))
    with redis_rig.working(threads=1):
        wait_until("the end of the run", lambda: run_of(run_id).ended)
    skipped = [record for record in caplog.records if "was skipped" in record.getMessage()]
    assert len(skipped) == 3
    assert not [record for record in caplog.records if record.levelname in {"ERROR", "CRITICAL"}]


def test_a_redis_that_has_gone_silent_is_waited_for_as_long_as_one_that_lets_nobody_in() -> None:
    """Nothing that is asked of it takes long; a link that carries nothing any more is left soon."""
    made = Rig(broker_url="redis://127.0.0.1:1/0").broker.client.connection_pool.connection_kwargs  # type: ignore[attr-defined]
    assert made["socket_timeout"] == made["socket_connect_timeout"] <= 5
