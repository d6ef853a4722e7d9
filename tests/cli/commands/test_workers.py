"""`scout workers` says what each thread holds; a stuck one is seen there and on its run's page."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from models.clock import Clock
from models.dao.workers import HeldStep, WorkerRow, WorkersDao, encode_held
from models.database.connection import Database
from tests.support.cli import Scout
from tests.support.worlds import WORKER, PastClock, add_worker, claim, new_run

SCHEMA = json.loads(
    (Path(__file__).resolve().parents[3] / "docs/schemas/workers.schema.json").read_text()
)


def beat(database: Database, *held: HeldStep, threads: int = 2) -> None:
    """Have the worker of the tests say what it holds."""
    now = Clock().now_iso()
    row = WorkerRow(WORKER, "testhost", 4242, "redis", threads, now, now, encode_held(held))
    database.transact(lambda: WorkersDao.beat(row))


@pytest.mark.usefixtures("database")
def test_without_a_worker_it_says_how_to_get_one(scout: Scout) -> None:
    add_worker(ago_s=60)
    result = scout("workers")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "No worker is alive. Start some: scout worker\n"
    assert scout.json("workers")["workers"] == []


def test_each_thread_is_listed_with_what_it_holds_and_for_how_long(
    scout: Scout, database: Database
) -> None:
    clock = PastClock(30)
    slow, lost = (new_run(broker="redis", clock=clock) for _ in range(2))
    claim(slow, "init_run", clock)
    now = Clock()
    beat(
        database,
        HeldStep(slow, "init_run", 1, now.now_iso(-30), now.now_iso(-4), stuck=False),
        HeldStep(lost, "init_run", 1, now.now_iso(-90), now.now_iso(-80), stuck=True),
        threads=3,
    )
    data = scout.json("workers")
    jsonschema.validate(data, SCHEMA)
    (worker,) = data["workers"]
    assert (worker["worker"], worker["threads"], worker["busy"], worker["stuck"]) == (
        WORKER, 3, 2, 1,
    )  # fmt: skip
    first, second = worker["holds"]
    assert (first["run_id"], first["state"], first["stuck"]) == (lost, "stalled", True)
    assert (second["run_id"], second["state"], second["stuck"]) == (slow, "running", False)
    assert 30 <= second["held_s"] < 90
    assert 4 <= second["still_s"] < 60
    screen = scout("workers").stdout.splitlines()
    assert screen[0].startswith(f"{WORKER}  redis  2 of 3 threads busy, 1 stuck")
    assert f"init_run of run {lost} (attempt 1) for 9" in screen[1]
    assert screen[1].endswith("stalled")


def test_the_page_of_a_run_names_the_threads_that_are_stuck_in_it(
    scout: Scout, database: Database
) -> None:
    run_id, other = (new_run(broker="redis") for _ in range(2))
    now = Clock()
    beat(database, HeldStep(run_id, "init_run", 1, now.now_iso(-90), now.now_iso(-80), stuck=True))
    out = scout("show", run_id).stdout
    assert f"stuck  a thread of {WORKER}: init_run of run {run_id} (attempt 1) for 9" in out
    (thread,) = scout.json("show", run_id)["stuck_threads"]
    assert (thread["worker"], thread["step"], thread["state"]) == (WORKER, "init_run", "stalled")
    assert "stuck" not in scout("show", other).stdout
    assert scout.json("show", other)["stuck_threads"] == []
