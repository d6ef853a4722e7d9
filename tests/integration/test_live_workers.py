"""Live runs side by side, in the command's own process, and on a worker that is killed."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.database.connection import database
from models.database.migrate import open_database
from models.settings.defaults import CONCURRENCY
from models.settings.runtime import load_settings
from tests.integration.fleet import assert_truthful, fleet, unfinished
from tests.integration.live_world import Outside, name, outside
from tests.support.counterparts.github.faults import CUT_OFF, RESET, secondary, server_error
from tests.support.counterparts.llm import faults as llm
from tests.support.runs import audits, step_of
from tests.support.waiting import wait_until

pytestmark = pytest.mark.redis

STEP = "llm_repo_analysis"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Outside]:
    """Thirty repositories, and a model."""
    with outside(tmp_path / "live", 30) as found:
        yield found


@pytest.fixture
def shared(world: Outside, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Outside]:
    """The same for several processes, with their database open."""
    import redis

    client = redis.Redis.from_url(redis_url)
    client.flushdb()
    world.more["SCOUT_BROKER_URL"] = redis_url
    for variable, value in world.environ.items():
        monkeypatch.setenv(variable, value)
    opened = open_database(load_settings())
    yield world
    opened.close_thread()
    client.flushdb()
    client.close()


def test_a_run_in_the_process_of_its_command(
    world: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No broker, no worker; the same faults, the same record of them."""
    github, chat = world.github, world.chat
    github.plan(f"/repos/{name(11)}", server_error(502), RESET)
    github.plan(f"/repos/{name(12)}/readme", CUT_OFF, secondary(429, retry_after_s=1))
    chat.fail(name(13), llm.reset, llm.wrong_schema)
    chat.fail(name(14), llm.status(400))
    run_id = submit(world, "--json")
    monkeypatch.setenv("SCOUT_DATABASE_URL", world.database_url)
    opened = open_database(load_settings())
    assert_truthful([run_id], undisturbed=True)
    assert len(audits(run_id, "item.retrying")) == 4
    assert len(audits(run_id, "github.throttle")) == len(audits(run_id, "llm.item.failed")) == 1
    found = json.loads(world.scout("doctor", "--reconcile", "all", "--json").stdout)
    assert (found["runs"], found["contradictions"]) == (1, {})
    ((requests,),) = database().execute("SELECT sum(requests) FROM llm_usage").fetchall()
    assert requests == chat.answered.total()
    opened.close_thread()


def test_runs_side_by_side_never_exceed_the_budget_for_searches(shared: Outside) -> None:
    """Twelve searches in thirty seconds are allowed, sixteen are wanted, and none is refused."""
    window = shared.github.windows["search"]
    window.limit, window.length_s = 12, 30.0
    with fleet("-p", "2", "-t", "2", secrets=shared.own, **shared.environ):
        run_ids = [submit(shared, "--detach", "--json") for _ in range(4)]
        wait_until("all runs to end", lambda: unfinished() == 0, 180)
    assert_truthful(run_ids, undisturbed=True)
    assert shared.github.count("/search", 200) == 16
    assert shared.github.refused.total() == 0
    waits = [one.data for run_id in run_ids for one in audits(run_id, "github.throttle")]
    assert {(wait["bucket"], wait["reason"]) for wait in waits} == {("search", "budget")}


def test_a_worker_killed_among_its_analyses_pays_for_none_of_them_twice(shared: Outside) -> None:
    released, chat = threading.Event(), shared.chat
    for number in range(16, 31):
        chat.fail(name(number), llm.held_by(released))
    with fleet("-p", "1", "-t", "2", secrets=shared.own, **shared.environ):
        run_id = submit(shared, "--detach", "--json")
        wait_until("every thread to be held", lambda: len(chat.injected) == CONCURRENCY)
        others = len(chat.asked) - CONCURRENCY
        wait_until("the others to be stored", lambda: len(stored()) == others)
        before = stored()
        worker = step_of(run_id, STEP).worker
        assert worker
        os.kill(int(worker.split(":")[1]), signal.SIGKILL)
        chat.faults.clear()
        released.set()
        wait_until("the run to end", lambda: unfinished() == 0)
    assert_truthful([run_id])
    assert step_of(run_id, STEP).attempt == 2
    asked = chat.count()
    assert len(before) >= 10
    assert {asked[one] for one in before} == {1}
    assert {asked[one] for one in stored() - before} == {1, 2}


def submit(world: Outside, *options: str) -> str:
    """Have all repositories looked at, and return the run's id."""
    args = ("--query", "vector database", "--top", "25", "--out", str(world.folder / "out"))
    run_id: str = json.loads(world.scout("run", *args, *options).stdout)["run_id"]
    return run_id


def stored() -> set[str]:
    """Return the repositories that have an analysis."""
    sql = "SELECT full_name FROM analyses"
    return {one for (one,) in database().reading(lambda: database().execute(sql).fetchall())}
