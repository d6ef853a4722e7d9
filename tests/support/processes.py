"""Other Python processes, for what only real processes can show."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.support.waiting import DEADLINE_S

ROOT = Path(__file__).resolve().parent.parent.parent


def start_python(code: str, *args: str) -> subprocess.Popen[str]:
    """Start Python on some code, in the environment of the test, and return the process."""
    return subprocess.Popen(
        [sys.executable, "-c", code, *args],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finished(process: subprocess.Popen[str], timeout_s: float = DEADLINE_S) -> str:
    """Wait for a process, which must succeed, and return what it printed."""
    stdout, stderr = process.communicate(timeout=timeout_s)
    assert process.returncode == 0, stderr
    return stdout


def read_line(process: subprocess.Popen[str]) -> str:
    """Return the next line that a process prints, or its complaints if it ended instead."""
    assert process.stdout is not None
    assert process.stderr is not None
    line = process.stdout.readline().strip()
    assert line, process.stderr.read()
    return line


def say(process: subprocess.Popen[str], line: str) -> None:
    """Send a line to a process that waits for one."""
    assert process.stdin is not None
    process.stdin.write(line + "\n")
    process.stdin.flush()
