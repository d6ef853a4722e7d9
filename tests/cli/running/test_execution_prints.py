"""stdout is for what a command was asked for, whatever a library prints meanwhile."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.support.processes import ROOT
from tests.support.scout_process import on_terminal

#: `scout` in whose first step a library prints.
CHATTY = """
import tasks.chain as chain
real = chain.step_named
def step_named(name):
    def body(context):
        if name == "init_run":
            print("a library says hello")
        return real(name)(context)
    return body
chain.step_named = step_named
from cli.main import main
main()
"""
RUN = ("run", "--dry", "--query", "vector database", "--top", "3", "--max-briefs", "1")


def chatty(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Return what a run wrote in whose first step a library printed."""
    return subprocess.run(
        [sys.executable, "-c", CHATTY, *RUN, "--out", str(folder), *arguments], cwd=ROOT,
        env={**os.environ}, capture_output=True, text=True, check=True,
    )  # fmt: skip


def test_with_json_a_print_is_a_log_line(tmp_path: Path) -> None:
    done = chatty(tmp_path, "--json")
    assert json.loads(done.stdout)["status"] == "success"
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    (said,) = [line for line in lines if "hello" in line["message"]]
    assert (said["event"], said["step"]) == ("worker.raw_output", "init_run")


def test_for_people_a_print_goes_where_they_look(tmp_path: Path) -> None:
    done = chatty(tmp_path, "--log-format", "text", "--verify")
    assert "a library says hello" in done.stderr
    assert done.stdout.startswith("identical: two runs, digest ")
    assert "hello" not in done.stdout


def test_log_lines_on_a_terminal_are_not_written_into_a_line_that_changes(tmp_path: Path) -> None:
    assert "\r\x1b[2K" in on_terminal(*RUN, "--out", str(tmp_path)).out
    shown = on_terminal(*RUN, "--out", str(tmp_path), "--log-level", "info").out
    assert "init_run finished in" in shown
    assert "\r\x1b[2K" not in shown
