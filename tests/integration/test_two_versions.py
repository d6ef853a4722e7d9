"""A rolling deploy: workers of this version beside a command and workers of the next one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cli.doctor.database import newer_runs
from models.database.connection import Database
from tests.integration.fleet import Fleet, assert_truthful, fleet, running, submit, wait_for_all
from tests.support.processes import ROOT
from tests.support.runs import run_of, step_of
from tests.support.waiting import DEADLINE_S, wait_until

pytestmark = pytest.mark.redis

#: What the next version has more: an argument of runs, and a column.
_ARGUMENT = ("    with_repo: str | None = None\n", "    dream_depth: int = 0\n")
_MIGRATION = """
from peewee import IntegerField


def up(migrator, db):
    migrator.migrate(migrator.add_column("runs", "dream_depth", IntegerField(null=True)))
"""


@pytest.fixture
def newer(tmp_path: Path) -> dict[str, str]:
    """Make the next version of Scout, and return what runs it in the place of this one."""
    root = tmp_path / "newer"
    for package in ("cli", "fixtures", "models", "tasks", "workers"):
        unwanted = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / package, root / package, ignore=unwanted)
    args = root / "models" / "run_args.py"
    text = args.read_text()
    assert text.count(_ARGUMENT[0]) == 1
    args.write_text(text.replace(_ARGUMENT[0], "".join(_ARGUMENT)))
    (root / "models" / "migrations" / "9999_dream.py").write_text(_MIGRATION)
    return {"PYTHONPATH": str(root)}


def scout(environ: dict[str, str], *args: str) -> str:
    """Return what a command of a version prints."""
    command = [sys.executable, "-P", "-m", "cli.main", *args]
    return subprocess.run(
        command, env=os.environ | environ, capture_output=True, text=True, check=True,
        timeout=DEADLINE_S,
    ).stdout  # fmt: skip


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_the_older_leave_what_the_newer_made_and_the_newer_take_over_what_the_older_made(
    broker: Any, database: Database, tmp_path: Path, newer: dict[str, str]
) -> None:
    out = str(tmp_path / "out")
    with fleet("--processes", "1", "--threads", "2") as older:
        wait_until("the older worker", lambda: older.said("worker.ready"))
        scout(newer, "db", "migrate")
        of_newer = scout(
            newer, "run", "--dry", "--query", "q", "--top", "4", "--out", out, "--detach"
        ).strip()
        (of_older,) = submit(1, out)
        wait_until("the older's own run", lambda: run_of(of_older).status == "success")
        wait_until("the newer's to be met", lambda: older.said("message.of_newer"))
        assert (run_of(of_newer).status, step_of(of_newer, "init_run").attempt) == ("queued", 0)
        assert of_newer in (newer_runs() or "")
    (later,) = submit(1, out)
    command = [sys.executable, "-P", "-m", "cli.main", "worker", "--processes", "1"]
    with running(Fleet(command, newer), None):
        wait_for_all()
    assert {run_of(one).status for one in (of_newer, later)} == {"success"}
    assert_truthful([of_newer, of_older, later], undisturbed=True)
