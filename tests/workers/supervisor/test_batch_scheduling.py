"""Worker processes are batch work for the kernel, unless somebody chose otherwise."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from workers.supervisor.batch_scheduling import schedule_as_batch

pytestmark = pytest.mark.skipif(
    not hasattr(os, "SCHED_BATCH"), reason="this system has no such policy"
)


def test_threads_that_it_starts_are_batch_work_too() -> None:
    script = """
import os, threading
input()
threading.Thread(target=lambda: print(os.sched_getscheduler(0))).start()
"""
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        schedule_as_batch(process.pid)
        assert int(process.communicate("\n")[0]) == os.SCHED_BATCH


def test_another_policy_is_kept() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", "input()"], stdin=subprocess.PIPE, text=True
    ) as process:
        os.sched_setscheduler(process.pid, os.SCHED_IDLE, os.sched_param(0))
        schedule_as_batch(process.pid)
        assert os.sched_getscheduler(process.pid) == os.SCHED_IDLE
        process.communicate("\n")


def test_a_process_that_is_gone_is_no_error() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        pass
    schedule_as_batch(process.pid)
