"""A command whose interpreter is held is ended from outside; one that is not, notices nothing."""

from __future__ import annotations

import signal
import subprocess
import sys

from tests.support.processes import ROOT
from tests.support.waiting import DEADLINE_S, wait_until
from workers.embedded_watch import _is_stopped

_HELD = """
import ctypes
from workers.embedded_watch import fork_watcher, watch_this_process
fork_watcher(silence_s=0.2)
watch_this_process()
ctypes.PyDLL(None).sleep(60)
"""


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        check=False, cwd=ROOT, capture_output=True, text=True, timeout=DEADLINE_S,
    )  # fmt: skip


def test_a_call_that_never_lets_go_of_the_interpreter_ends_the_command() -> None:
    done = run(_HELD)
    assert done.returncode == -signal.SIGABRT
    assert "no sign of life for 0.2 s" in done.stderr
    assert "most recent call first" in done.stderr, "its stacks"


def test_a_command_that_somebody_stopped_is_not_silent() -> None:
    with subprocess.Popen(["sleep", "60"]) as process:
        assert not _is_stopped(process.pid)
        process.send_signal(signal.SIGSTOP)
        wait_until("it to be stopped", lambda: _is_stopped(process.pid))
        process.kill()
    assert not _is_stopped(process.pid)
