"""`scout run` behind a broker: it enqueues and waits, or goes; nobody waits in silence."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from models.clock import Clock
from models.dao.workers import WorkerRow, WorkersDao
from models.database.migrate import open_database
from models.settings.runtime import load_settings
from tests.support.cli import SECRET, Scout
from tests.support.runs import run_of
from tests.support.scout_process import SMALL_RUN, executed, only_run
from tests.support.scout_process import scout as scout_process
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.redis, pytest.mark.usefixtures("nothing_leaks")]

DRY = ("run", "--dry", "--query", "vector database", *SMALL_RUN)


@pytest.fixture(autouse=True)
def broker(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Set up an empty Redis."""
    import redis

    client = redis.Redis.from_url(redis_url)
    client.flushdb()
    monkeypatch.setenv("SCOUT_BROKER_URL", redis_url)
    yield client
    client.flushdb()
    client.close()


def test_detach_prints_the_run_and_goes(scout: Scout, out: str, broker: Any) -> None:
    result = scout(*DRY, "--out", out, "--detach", "--log-format", "text")
    run_id = only_run()
    assert result.stderr.startswith(f"enqueued · scout show {run_id}")
    assert (result.exit_code, result.stdout) == (0, f"{run_id}\n")
    assert (run_of(run_id).status, run_of(run_id).broker) == ("queued", "redis")
    assert broker.llen("scout:scout") == 1
    assert not Path(out).exists()


def test_detach_leaves_stderr_to_json_lines_where_those_are_asked_for(
    scout: Scout, out: str
) -> None:
    said = scout(*DRY, "--out", out, "--detach", "--log-format", "json").stderr
    assert [json.loads(line)["event"] for line in said.splitlines()] == ["run.created"]


def test_detach_with_json(scout: Scout, out: str) -> None:
    data = json.loads(scout(*DRY, "--out", out, "--detach", "--json").stdout)
    assert data == {
        "run_id": only_run(),
        "status": "queued",
        "exit_code": 0,
        "error": None,
        "stats": {},
        "index": None,
    }


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_when_nobody_consumes_it_says_so_and_gives_up_at_the_timeout(
    scout: Scout, out: str, monkeypatch: pytest.MonkeyPatch, log_format: str
) -> None:
    from cli.running import watcher as watch

    assert watch.NOBODY_AFTER_S < 4, "the promise is five seconds"
    monkeypatch.setattr(watch, "NOBODY_AFTER_S", 0.0)  # said at the first look
    result = scout(*DRY, "--out", out, "--timeout", "0.8", "--log-format", log_format)
    assert result.exit_code == 5
    assert "nobody consumes the queue" in result.stderr
    assert "scout worker" in result.stderr
    assert "still queued after 0.8 s" in result.stderr
    assert run_of(only_run()).status == "queued"
    if log_format == "json":
        said = [json.loads(line) for line in result.stderr.splitlines()]
        assert {line["run_id"] for line in said if line["event"] == "run.waiting"} == {only_run()}


def test_when_no_messages_come_to_the_workers_nobody_is_called_busy(
    scout: Scout, out: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from cli.running import watcher as watch

    monkeypatch.setattr(watch, "NOBODY_AFTER_S", 0.0)
    clock = Clock()
    row = WorkerRow("a:1:b", "a", 1, "redis", 2, clock.now_iso(), clock.now_iso(60))
    open_database(load_settings())
    WorkersDao.beat(replace(row, broker_error="The broker redis://b/0 says no."))
    result = scout(*DRY, "--out", out, "--timeout", "0.8", "--log-format", "text")
    said = " ".join(result.stderr.split())
    assert "1 worker process(es) are alive, 0 of 2 threads busy, and no messages" in said
    assert "come to them: The broker redis://b/0 says no." in said
    explained = " ".join(scout("explain", only_run()).stdout.split())
    assert "No messages come to any worker: The broker redis://b/0 says no." in explained
    assert "Nothing is wrong" not in explained


def test_with_a_worker_it_waits_for_the_end(out: str) -> None:
    from tests.integration.fleet import fleet

    with fleet("-p", "1", "-t", "2", secrets={"GITHUB_TOKEN": SECRET}) as workers:
        wait_until("the worker", lambda: workers.said("worker.ready"))
        done = scout_process(*DRY, "--out", out)
    assert done.code == 0, done.err
    assert set(executed(only_run()).values()) == {1}
    assert done.out.strip().endswith("index.md")
    assert done.lines
