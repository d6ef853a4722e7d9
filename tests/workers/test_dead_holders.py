"""A step whose process has ended here is free at once; no other process is taken for dead."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

from models.database.connection import Database
from models.lifecycle import claim_step
from tests.support.rig import FIRST
from tests.support.runs import events, new_run, step_of
from workers.dead_holders import close_dead_holders
from workers.worker_name import name_of, new_token


def test_only_what_a_process_of_this_machine_held_that_has_ended(database: Database) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    here = socket.gethostname()
    for worker, is_free in {
        name_of(ended.pid, new_token()): True,
        name_of(os.getpid(), new_token()): False,
        f"{here}:{ended.pid}:0000abcd": False,  # of another boot, or another container
        f"elsewhere:{ended.pid}:{new_token()}": False,
        "an older name": False,
    }.items():
        run_id = new_run()
        claim_step(run_id, FIRST, worker=worker, lease_s=15)
        close_dead_holders(run_id)
        assert (step_of(run_id, FIRST).status == "pending") is is_free, worker
        assert ("step.interrupted" in events(run_id)) is is_free
