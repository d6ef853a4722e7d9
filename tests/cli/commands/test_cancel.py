"""`scout cancel` stops a run within seconds, for good, and says who and why."""

from __future__ import annotations

import getpass
import json
from pathlib import Path

import pytest

from models.steps import STEP_NAMES
from tests.support.cli import SECRET, Scout
from tests.support.runs import audits, events, run_of, step_of
from tests.support.scout_process import executed, held, only_run, small_run
from tests.support.waiting import wait_until
from tests.support.worlds import claim, finish_until, new_run, successful_run

pytestmark = pytest.mark.usefixtures("nothing_leaks")

PROMISE_S = 5.0


def test_a_queued_run(scout: Scout) -> None:
    run_id = new_run(broker="redis")
    result = scout("cancel", run_id, "--reason", "wrong query")
    assert result.exit_code == 0
    assert f"scout resume {run_id}" in result.stderr
    assert {step_of(run_id, name).status for name in STEP_NAMES} == {"cancelled"}
    run = run_of(run_id)
    assert (run.status, run.error) == ("cancelled", f"by {getpass.getuser()}: wrong query")
    assert "wrong query" in audits(run_id, "run.cancelled")[0].message


def test_finished_steps_stay_finished(scout: Scout) -> None:
    run_id = new_run()
    finish_until(run_id, STEP_NAMES[3])
    scout("cancel", "last")
    statuses = [step_of(run_id, name).status for name in STEP_NAMES]
    assert statuses == ["success"] * 3 + ["cancelled"] * 7


def test_a_running_run_stops_within_seconds_and_nothing_runs_after_it(
    scout: Scout, tmp_path: Path
) -> None:
    """Another process works on it; that process ends with the exit code for cancelled."""
    args = small_run(tmp_path / "out")
    with held(tmp_path, *args, "--log-format", "text") as running:
        run_id = only_run()
        assert scout("cancel", run_id, "--reason", "wrong query").exit_code == 0
        assert run_of(run_id).status == "cancelled"
        wait_until("the process to end", lambda: running.process.poll() is not None, PROMISE_S)
        done = running.end()
    assert done.code == 4
    assert "wrong query" in done.err
    assert f"scout resume {run_id}" in done.err
    assert events(run_id)[-1] == "run.cancelled"
    assert set(executed(run_id)) == set(STEP_NAMES[:5])
    assert not (tmp_path / "out").exists()


def test_a_secret_in_the_reason_is_not_kept(scout: Scout) -> None:
    """Every file is searched afterwards."""
    run_id = new_run()
    scout("cancel", run_id, "--reason", f"leaked {SECRET} by mistake")
    assert "by mistake" in (run_of(run_id).error or "")


@pytest.mark.parametrize("size", [10_000])
def test_a_long_reason_does_not_fail(scout: Scout, size: int) -> None:
    run_id = new_run()
    assert scout("cancel", run_id, "--reason", "x" * size).exit_code == 0
    assert run_of(run_id).status == "cancelled"


def test_a_run_that_has_ended_is_left_alone(scout: Scout) -> None:
    run_id = successful_run()
    before = events(run_id)
    result = scout("cancel", run_id)
    assert result.exit_code == 2
    assert "already success" in result.stderr
    assert (run_of(run_id).status, events(run_id)) == ("success", before)


def test_a_run_that_is_not_there(scout: Scout) -> None:
    assert scout("cancel", "ZZZZ").exit_code == 2


def test_json(scout: Scout) -> None:
    run_id = new_run()
    claim(run_id, STEP_NAMES[0])
    data = json.loads(scout("cancel", run_id, "--json").stdout)
    assert data == {"run_id": run_id, "status": "cancelled"}
