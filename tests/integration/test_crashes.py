"""Workers killed, paused, restarted: every run ends, and each step counts once."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from models.database.connection import database
from tests.integration.brokers import on_both_brokers
from tests.integration.fleet import (
    Fleet,
    assert_truthful,
    finished_steps,
    fleet,
    let_lease_run_out,
    same_results,
    submit,
    wait_for_all,
)
from tests.integration.hold import MIDDLE, Hold, held_fleet
from tests.support.runs import audits, events, everything, step_of
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.redis, pytest.mark.drill, pytest.mark.usefixtures("handoff")]


@on_both_brokers
def test_a_worker_killed_in_the_middle_of_a_step(
    broker: Any, hold: Hold, secrets: dict[str, str]
) -> None:
    hold.on(MIDDLE)
    with held_fleet(1, secrets) as workers:
        (run_id,) = submit(1, "unused")
        victim = hold.started(MIDDLE)
        os.kill(victim, signal.SIGKILL)
        assert hold.started(MIDDLE, 2) != victim
        hold.off(MIDDLE)
        wait_for_all()
    assert_truthful([run_id])
    (row,) = audits(run_id, "step.interrupted")
    assert "SIGKILL" in row.message
    assert f":{victim}:" in row.data["worker"]
    assert step_of(run_id, MIDDLE).attempt == 2
    assert len([line for line in workers.parsed() if line["event"] == "worker.died"]) == 1


def test_a_worker_killed_without_a_supervisor(
    broker: Any, hold: Hold, secrets: dict[str, str]
) -> None:
    """Nobody saw it die: its lease runs out, and another process goes on."""
    hold.on(MIDDLE)
    with held_fleet(1, secrets) as first:
        (run_id,) = submit(1, "unused")
        victim = hold.started(MIDDLE)
        os.kill(victim, signal.SIGSTOP)  # or it would stop in good order when its parent is gone
        first.kill()
        os.kill(victim, signal.SIGKILL)
    let_lease_run_out(run_id, MIDDLE)
    hold.off(MIDDLE)
    with held_fleet(1, secrets):
        wait_for_all()
    assert_truthful([run_id])
    assert "stopped renewing its lease" in audits(run_id, "step.interrupted")[0].message


def test_a_worker_paused_past_its_lease_changes_nothing_when_it_goes_on(
    broker: Any, hold: Hold, secrets: dict[str, str]
) -> None:
    hold.on(MIDDLE)
    with held_fleet(2, secrets) as workers:
        (run_id,) = submit(1, "unused")
        paused = hold.started(MIDDLE)
        os.kill(paused, signal.SIGSTOP)
        try:
            let_lease_run_out(run_id, MIDDLE)
            assert hold.started(MIDDLE, 2) != paused
            hold.off(MIDDLE)
            wait_for_all()
            before = everything(database())
        finally:
            os.kill(paused, signal.SIGCONT)
        wait_until("the paused step to notice", lambda: workers.said("step.lease_lost"))
        assert everything(database()) == before
    assert_truthful([run_id])
    assert step_of(run_id, MIDDLE).stats["attempt"] == 2


def test_a_rolling_restart_under_load(broker: Any, tmp_path: Path, secrets: dict[str, str]) -> None:
    """New workers come before the old ones go, twice, and once by SIGHUP; there is always work."""
    run_ids: list[str] = []
    outputs: list[Fleet] = []

    def more_runs() -> None:
        wanted = finished_steps() + 5
        run_ids.extend(submit(3, str(tmp_path / "out")))
        wait_until("5 more steps", lambda: finished_steps() >= wanted)

    with fleet("-p", "1", "-t", "2", secrets=secrets) as old:
        more_runs()
        with fleet("-p", "1", "-t", "2", secrets=secrets) as new:
            wait_until("the new worker", lambda: new.said("worker.ready"))
            more_runs()
            assert old.stop() == 0
            more_runs()
            os.kill(new.process.pid, signal.SIGHUP)
            wait_until("its replacement", lambda: len(new.said("worker.ready")) == 2)
            wait_for_all()
    outputs += [old, new]
    assert_truthful(run_ids)
    same_results(run_ids)
    for run_id in run_ids:
        cut_off = audits(run_id, "step.interrupted")
        assert [row.message for row in cut_off if row.data["interruptions"]] == []
        assert "step.retrying" not in events(run_id)
    for workers in outputs:
        assert workers.parsed()
