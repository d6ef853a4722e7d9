"""A process that is known to have ended is not said to be at work."""

from __future__ import annotations

import subprocess
import sys

from models.database.connection import Database
from models.lifecycle import claim_step
from models.steps import STEP_NAMES
from tests.support.cli import Scout
from tests.support.live_cli import explained
from tests.support.runs import new_run
from workers.worker_name import name_of, new_token


def test_a_process_that_has_ended_is_said_to_have_while_its_lease_runs(
    scout: Scout, sqlite_database: Database
) -> None:
    """As after `kill -9` of a command that executed its run itself."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    run_id, worker = new_run(broker="memory"), name_of(ended.pid, new_token())
    claim_step(run_id, STEP_NAMES[0], worker=worker, lease_s=3_600)
    diagnosis = explained(scout, run_id)
    assert diagnosis["code"] == "lease_expired"
    assert diagnosis["evidence"][0] == f"{STEP_NAMES[0]} was on {worker}, which has ended"
    assert diagnosis["next"][0] == f"scout resume {run_id}"
