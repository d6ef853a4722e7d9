"""`scout run` behind a broker: it enqueues and waits, or goes; nobody waits in silence."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

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


def test_with_a_worker_it_waits_for_the_end(out: str) -> None:
    from tests.integration.fleet import fleet

    with fleet("-p", "1", "-t", "2", secrets={"GITHUB_TOKEN": SECRET}) as workers:
        wait_until("the worker", lambda: workers.said("worker.ready"))
        done = scout_process(*DRY, "--out", out)
    assert done.code == 0, done.err
    assert set(executed(only_run()).values()) == {1}
    assert done.out.strip().endswith("index.md")
    assert done.lines
