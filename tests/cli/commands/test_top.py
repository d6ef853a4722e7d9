"""`scout top`: one screen that fits, drawn until somebody leaves; a snapshot elsewhere."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
import termios
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from cli.display.fleet_screen import screen_lines
from cli.doctor.health import check_health
from models.database.connection import Database
from models.settings.runtime import load_settings
from models.views.health import Limits
from models.views.step_stats import view_stats
from tests.support.cli import Scout
from tests.support.terminal import columns_of
from tests.support.waiting import DEADLINE_S
from tests.support.worlds import PastClock, add_worker, failed_run, new_run, successful_run

#: `scout` on a terminal that is the process's own, so that Ctrl-C there is a signal.
OWN_TERMINAL = """
import fcntl, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
from cli.main import main
main()
"""
ROOT = Path(__file__).resolve().parents[3]


def schema(name: str) -> Any:
    return json.loads((ROOT / "docs" / "schemas" / f"{name}.schema.json").read_text())


@pytest.fixture
def busy_fleet(database: Database) -> str:
    """Make a fleet where much is wrong; return the run in which a thread is stuck."""
    run_id = failed_run(message="x" * 99)
    successful_run()
    for ago_s in range(20, 35):
        new_run("q" * 200, clock=PastClock(ago_s), broker="amqp")
    add_worker("redis", holds=run_id)
    for number in range(30):
        add_worker("memory", ago_s=number / 10, holds=run_id)
    return run_id


def test_elsewhere_than_on_a_terminal_it_is_shown_once(scout: Scout, busy_fleet: str) -> None:
    result = scout("top")
    assert result.exit_code == 0
    assert "\x1b" not in result.stdout
    lines = result.stdout.splitlines()
    assert re.fullmatch(r"scout top  [\d-]+ [\d:]+ [+-]\d{4}  not healthy", lines[0])
    text = "\n".join(lines)
    for part in (
        "15 steps are due, the oldest for",
        "runs are stalled",
        "1 run failed in the last hour",
        "runs of the last hour: 1 failed, 15 queued, 1 success",
        f"init_run of run {busy_fleet} (attempt 1) for",
    ):
        assert part in text, part


def test_json_is_the_three_shapes_in_one(scout: Scout, busy_fleet: str) -> None:
    data = scout.json("top")
    jsonschema.validate(data, schema("top"))
    jsonschema.validate(data["health"], schema("health"))
    jsonschema.validate(data["stats"], schema("stats"))
    workers = {"format": "scout-workers/1", "at": "", "workers": data["workers"]}
    jsonschema.validate(workers, schema("workers"))
    assert len(workers["workers"]) == 31


@pytest.mark.no_database
def test_without_a_database_there_is_nothing_to_show_and_none_is_made(
    scout: Scout, tmp_path: Path
) -> None:
    assert scout("top").stdout.rstrip().endswith("healthy")
    assert scout.json("top")["stats"] is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("busy_fleet")
@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (40, 10), (120, 50)])
def test_it_fits_whatever_there_is(columns: int, rows: int) -> None:
    found = check_health(load_settings(), Limits())
    lines = screen_lines(found, view_stats(3600), "2026-11-25 12:00:00 +0000", columns, rows)
    assert len(lines) <= rows
    assert not [line for line in lines if columns_of(line) > columns]
    assert lines[0].startswith("scout top")
    if rows == 24:
        assert lines[-1].endswith("more threads: scout workers")


@pytest.mark.usefixtures("busy_fleet")
@pytest.mark.parametrize("key", [b"q", b"\x03"])
def test_on_a_terminal_it_is_drawn_again_until_somebody_leaves(key: bytes) -> None:
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 80))
    before = termios.tcgetattr(theirs)
    process = subprocess.Popen(
        [sys.executable, "-c", OWN_TERMINAL, "top", "--every", "0.2"],
        cwd=ROOT,
        env={**os.environ, "TERM": "xterm", "NO_COLOR": "1"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    shown = b""
    while shown.count(b"\x1b[H") < 3:
        shown += os.read(ours, 65_536)
    os.write(ours, key)
    while b"\x1b[?1049l" not in shown:
        shown += os.read(ours, 65_536)
    assert process.wait(DEADLINE_S) == 0
    assert termios.tcgetattr(theirs)[3] == before[3], "the terminal is as it was"
    os.close(theirs)
    os.close(ours)
    screens = shown.decode().split("\x1b[H")[1:4]
    for screen in screens:
        lines = [re.sub(r"\x1b\[\??[0-9;]*[A-Za-z]", "", line) for line in screen.split("\r\n")]
        assert lines[0].startswith("scout top")
        assert len(lines) <= 24
        assert not [line for line in lines if columns_of(line) > 80]
