"""An embedded run whose step hangs in native code ends, and so does its process."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Mapping
from typing import Any

import pytest

from models.database.connection import Database
from models.steps import STEP_NAMES
from tasks.step import StepContext
from tests.support.processes import ROOT
from tests.support.rig import FIRST, Rig
from tests.support.runs import new_run, run_of
from tests.support.waiting import DEADLINE_S, wait_until
from workers import embedded

_HANGING = """
import sys, threading
from concurrent.futures import ThreadPoolExecutor
from cli import main, own_process
ThreadPoolExecutor(1).submit(threading.Event().wait)
def end(*args, **options):
    own_process.note_worked(hangs=HANGS)
    print("last words")
    sys.exit(4)
main.cli.main = end
main.main()
"""


def test_nobody_waits_for_a_thread_that_never_ends(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    never = threading.Event()

    def body(context: StepContext) -> Mapping[str, Any]:
        never.wait()
        return {}

    rig = Rig({FIRST: body}, step_time_limit_s=0.1, lease_s=3.0, shutdown_grace_s=3_600.0)
    monkeypatch.setattr(embedded, "build_broker", lambda settings, step_named: rig.broker)
    run_id = new_run(broker="memory")
    with embedded.EmbeddedWorker(rig.settings) as worker:
        worker.send(run_id, STEP_NAMES[0])
        wait_until("the run to end", lambda: run_of(run_id).ended)
        wait_until("the hang to be known", lambda: worker.hangs)
    assert run_of(run_id).status == "failed"
    never.set()


@pytest.mark.parametrize("hangs", [True, False], ids=["known", "left behind by a step"])
def test_a_command_ends_with_its_status_although_a_thread_hangs(hangs: bool) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _HANGING.replace("HANGS", str(hangs))],
        check=False,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
    )
    assert (done.returncode, done.stdout) == (4, "last words\n")
