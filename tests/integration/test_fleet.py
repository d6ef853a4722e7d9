"""Many detached runs on real worker processes: every step once, every line JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from models.database.connection import Database
from tests.integration.fleet import (
    about,
    assert_truthful,
    fleet,
    plain_dramatiq,
    same_results,
    submit,
    wait_for_all,
)
from tests.support.waiting import wait_until

pytestmark = pytest.mark.redis

#: What the shipped fixtures give reason to warn about.
ABOUT_THE_FIXTURES = {
    "llm.output.invalid_json",
    "repo.hydrate.failed",
    "repo.readme.missing",
    "scout.pass2.capped",
}
#: What a fleet may say that has the machine not to itself.
ABOUT_THE_MACHINE = {"database.waited"}


@pytest.fixture(autouse=True)
def _patient(broker: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let messages wait in a long queue without being repeated, as by default."""
    monkeypatch.setenv("SCOUT_REPEAT_AFTER_S", "120")
    monkeypatch.setenv("SCOUT_LEASE_S", "60")


def test_many_runs_on_scout_worker(
    broker: Any, database: Database, tmp_path: Path, secrets: dict[str, str]
) -> None:
    """Fifty where one writes at a time, which is where they are in each other's way."""
    count = 50 if database.is_sqlite else 20
    with fleet("--processes", "2", "--threads", "4", secrets=secrets) as workers:
        run_ids = submit(count, str(tmp_path / "out"))
        wait_for_all(300)  # no assertion is about how long
    assert_truthful(run_ids, undisturbed=True)
    same_results(run_ids)
    lines = workers.parsed()
    starts = [(line["run_id"], line["step"]) for line in lines if line["event"] == "step.started"]
    assert len(starts) == len(set(starts)) == 10 * count
    assert {run_id for run_id, _ in starts} == set(run_ids)
    naming = about(lines, run_ids)
    assert [line for line in naming if line["run_id"] is None] == []
    steps = [line for line in lines if (line["event"] or "").startswith("step.")]
    steps = [line for line in steps if line["event"] != "step.handed_out"]  # of no attempt yet
    assert all(line["run_id"] and line["step"] and line["attempt"] == 1 for line in steps)
    alarms = {line["event"] for line in lines if line["level"] in {"WARNING", "ERROR", "CRITICAL"}}
    assert alarms <= ABOUT_THE_FIXTURES | ABOUT_THE_MACHINE
    assert workers.process.returncode == 0
    assert database.execute("SELECT count(*) FROM workers").fetchone()[0] == 0


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_plain_dramatiq_works_too(broker: Any, tmp_path: Path, secrets: dict[str, str]) -> None:
    """The workers' own lines are JSON; only its parent process, which is not ours, is not."""
    with plain_dramatiq("workers", "-p", "2", "-t", "2", secrets=secrets) as workers:
        run_ids = submit(5, str(tmp_path / "out"))
        wait_for_all()
        wait_until("the lines", lambda: sum("run.finished" in line for line in workers.lines) == 5)
    assert_truthful(run_ids, undisturbed=True)
    children = [line for line in workers.lines if not line.startswith("[")]
    assert children
    parsed = [json.loads(line) for line in children]
    assert sum(line["event"] == "step.finished" for line in parsed) == 50
