"""`scout health` exits 0 only if work can be done and is being done."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fakeredis
import jsonschema
import pytest
import redis

from models.clock import Clock
from models.dao.workers import HeldStep, WorkerRow, WorkersDao, encode_held
from models.database.connection import Database
from models.database.migrate import open_database
from models.settings.runtime import load_settings
from tests.support.cli import Scout
from tests.support.fake_redis import FakeRedis
from tests.support.loaded import loaded_after
from tests.support.worlds import PastClock, add_worker, claim, failed_run, new_run, successful_run

SCHEMA = json.loads(
    (Path(__file__).resolve().parents[3] / "docs/schemas/health.schema.json").read_text()
)


def probe(scout: Scout, *args: str) -> tuple[int, Any]:
    """Return the exit code and the data, whose shape is the published one."""
    result = scout("health", "--json", *args)
    data = json.loads(result.stdout)
    jsonschema.validate(data, SCHEMA)
    assert data["healthy"] is (result.exit_code == 0)
    return result.exit_code, data


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> fakeredis.FakeServer:
    """Set a broker that answers."""
    server = fakeredis.FakeServer()
    monkeypatch.setattr("redis.Redis.from_url", lambda *_, **__: FakeRedis(server=server))
    monkeypatch.setenv("SCOUT_BROKER_URL", "redis://somewhere/0")
    return server


@pytest.mark.no_database
def test_without_a_database_it_is_healthy_and_creates_none(scout: Scout, tmp_path: Path) -> None:
    assert probe(scout)[0] == 0
    assert scout("health").stdout == "healthy\n"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("database")
def test_waiting_messages_and_stalled_runs_without_a_worker_are_not_healthy(
    scout: Scout, server: fakeredis.FakeServer
) -> None:
    run_ids = [new_run(clock=PastClock(40 - n), broker="redis") for n in range(2)]
    FakeRedis(server=server).rpush("scout:scout", *"abcd")
    code, data = probe(scout)
    assert code == 1
    assert [one["code"] for one in data["reasons"]] == ["no_worker", "runs_stalled"]
    assert data["reasons"][0]["data"]["waiting"] == 4
    assert data["reasons"][1]["data"]["run_ids"] == run_ids
    assert data["due"]["steps"] == 2
    assert 40 <= data["due"]["oldest_age_s"] < 100
    screen = scout("health").stdout
    assert "2 steps are due, the oldest for" in screen
    assert "4 messages are read by nobody" in screen
    assert "Start some: scout worker" in screen
    assert screen.endswith("not healthy\n")


@pytest.mark.usefixtures("database", "server")
def test_with_a_worker_it_is_healthy_again(scout: Scout) -> None:
    assert probe(scout)[0] == 1
    open_database(load_settings())  # what only looks cannot write
    add_worker("redis")
    assert probe(scout)[0] == 0
    open_database(load_settings())
    successful_run()
    run_id = new_run(broker="redis")
    claim(run_id, "init_run")
    code, data = probe(scout)
    assert code == 0, data
    assert data["workers"] == {"alive": 1, "threads": 4, "busy": 0, "stuck": 0}


@pytest.mark.usefixtures("database", "server")
def test_the_age_of_the_oldest_due_step_has_a_limit(scout: Scout) -> None:
    new_run(clock=PastClock(20), broker="redis")
    add_worker("redis")
    assert probe(scout)[0] == 0
    code, data = probe(scout, "--max-due-age", "15")
    assert (code, data["reasons"][0]["code"]) == (1, "due_too_old")


def test_threads_that_do_not_react_are_told_with_how_long_and_in_which_step(
    scout: Scout, database: Database, server: fakeredis.FakeServer
) -> None:
    """Their step is another's by now; only their own process still knows of them."""
    run_id = new_run(broker="redis")
    clock = Clock()
    stuck = HeldStep(run_id, "init_run", 1, clock.now_iso(-70), clock.now_iso(-65), True)
    for threads in (1, 2):
        row = WorkerRow(f"w:{threads}:a", "w", threads, "redis", threads, clock.now_iso(),
                        clock.now_iso(), encode_held([stuck]))  # fmt: skip
        database.transact(lambda row=row: WorkersDao.beat(row))
    code, data = probe(scout)
    assert code == 1
    assert [one["code"] for one in data["reasons"]] == ["worker_stuck"]
    assert [one["code"] for one in data["warnings"]] == ["threads_stuck"]
    for one in (data["reasons"][0], data["warnings"][0]):
        assert f"init_run of run {run_id} (attempt 1) for 7" in one["text"]
        assert "nothing new for 6" in one["text"]


@pytest.mark.usefixtures("database")
def test_what_failed_is_noted(scout: Scout) -> None:
    run_id = failed_run()
    code, data = probe(scout)
    assert code == 0
    assert data["warnings"][0]["data"]["newest"] == run_id
    assert f"note  1 run failed in the last hour; the newest is {run_id}" in scout("health").stdout


def test_a_broker_that_is_away_is_a_reason(scout: Scout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCOUT_BROKER_URL", "redis://127.0.0.1:1/0")
    code, data = probe(scout)
    assert (code, data["reasons"][0]["code"]) == (1, "broker_unreachable")


def test_a_broker_that_answers_and_refuses_is_a_reason(
    scout: Scout, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A real server that wants replicas before it takes a write; a ping it answers."""
    monkeypatch.setenv("SCOUT_BROKER_URL", redis_url)
    client = redis.Redis.from_url(redis_url)
    client.config_set("min-replicas-to-write", "1")
    try:
        assert client.ping()
        code, data = probe(scout)
    finally:
        client.config_set("min-replicas-to-write", "0")
    assert code == 1
    assert data["reasons"][0]["code"] == "broker_refuses"
    assert "replicas" in data["reasons"][0]["text"]
    assert "broker_refuses" not in {one["code"] for one in probe(scout)[1]["reasons"]}
    assert not client.exists("scout:health")


def test_a_disk_that_is_nearly_full_is_a_reason(scout: Scout, database: Database) -> None:
    code, data = probe(scout, "--min-free", "999999999")
    assert (code, data["reasons"][0]["code"]) == (1, "database_nearly_full")
    assert probe(scout, "--min-free", "0")[0] == 0


@pytest.mark.no_database
def test_so_is_one_on_which_nothing_was_made_yet(
    scout: Scout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk may be why."""
    (tmp_path / "empty.db").touch()
    monkeypatch.setenv("SCOUT_DATABASE_URL", f"sqlite:///{tmp_path}/empty.db")
    code, data = probe(scout, "--min-free", "999999999")
    assert (code, data["reasons"][0]["code"]) == (1, "database_nearly_full")


def test_a_database_that_is_newer_is_a_reason(scout: Scout, database: Database) -> None:
    database.execute("UPDATE scout_migrations SET name = '9999_future' WHERE name LIKE '0001%'")
    code, data = probe(scout)
    assert (code, data["reasons"][0]["code"]) == (1, "database_unavailable")
    assert "9999_future" in data["reasons"][0]["text"]


def test_the_doctor_judges_by_the_same_rules(
    scout: Scout, database: Database, server: fakeredis.FakeServer
) -> None:
    def too_new() -> None:
        database.execute("UPDATE scout_migrations SET name = 'z' WHERE name LIKE '0001%'")

    states: list[Callable[[], object]] = [
        lambda: None,
        lambda: add_worker("redis"),
        lambda: new_run(clock=PastClock(20), broker="amqp"),
        too_new,
    ]
    for change in states:
        open_database(load_settings())
        change()
        _, data = probe(scout)
        found = json.loads(scout("doctor", "--json").stdout)
        said = [f"{one['text']} {one['hint']}" for one in data["reasons"]]
        assert (found["healthy"], _timeless(found["problems"])) == (
            data["healthy"], _timeless(said),
        )  # fmt: skip


def _timeless(texts: list[str]) -> list[str]:
    return [re.sub(r"\d+ s\b", "N s", text) for text in texts]


@pytest.mark.usefixtures("database")
def test_it_imports_neither_dramatiq_nor_a_client_without_a_broker() -> None:
    loaded = loaded_after("from cli.main import main; main()", "health")
    assert "peewee" in loaded
    assert not loaded & {"dramatiq", "httpx", "redis", "tasks", "workers"}
