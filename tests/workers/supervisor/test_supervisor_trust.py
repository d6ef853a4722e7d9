"""A process that cannot be trusted is replaced: silent, retiring, or alone with a step."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path

import pytest

from models.steps import STEP_NAMES
from tests.support.supervisors import Start
from workers.supervisor.parent_line import ParentLine

RUN, STEP = "01JD2K3M4N5P6Q7R8S9T0V1W2X", STEP_NAMES[3]


def test_a_process_that_gives_no_sign_of_life_any_more_is_replaced(start: Start) -> None:
    """One that never gave any is not judged: an older child, or one that still boots."""
    body = """
if not (here / "first").exists():
    (here / "first").touch()
    tell("alive")
ready()
"""
    running = start(body, silence_s=0.3)
    died = running.wait_for("worker.died")
    second = running.wait_for("worker.ready", pid=running.wait_for("worker.started")["worker_pid"])
    assert "giving no sign of life for 0.3 s" in died["message"]
    assert died["signal"] == "SIGABRT", "its stacks are in the log"
    assert running.stop() == 0
    assert second["pid"] != died["worker_pid"]
    assert len(running.deaths) == 1


def test_a_process_that_does_not_get_ready_is_replaced(start: Start) -> None:
    body = """
if not (here / "first").exists():
    (here / "first").touch()
    os.kill(os.getpid(), signal.SIGSTOP)
ready()
"""
    running = start(body, TEST_BOOT_LIMIT_S="2")
    died = running.wait_for("worker.died")
    running.wait_for("worker.ready", pid=running.wait_for("worker.started")["worker_pid"])
    assert "not being ready after 2 s" in died["message"]
    assert running.stop() == 0


@pytest.mark.parametrize("when", ["by itself", "when it is to stop", "alone"])
def test_what_ends_with_0_and_lets_go_of_nothing_has_died(start: Start, when: str) -> None:
    """As `os._exit(0)` in a step does; its steps are closed at once, and no lease is waited for."""
    body = f"""
tell("alone {RUN} {STEP}" if "--alone" not in sys.argv and {when!r} == "alone" else "alive")
if {when!r} == "when it is to stop":
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
elif ("--alone" in sys.argv) == ({when!r} == "alone") and not (here / "first").exists():
    (here / "first").touch()
    os._exit(0)
ready()
"""
    running = start(body)
    if when == "when it is to stop":
        running.wait_for("worker.ready")
    else:
        running.wait_for("worker.died", exit_code=0)
    assert running.stop() == 0
    assert [death[1] for death in running.deaths] == [0]


def test_a_retiring_process_has_its_successor_at_once_and_ends_when_it_can(
    start: Start, tmp_path: Path
) -> None:
    body = """
import subprocess
ready()
if not (here / "first").exists():
    (here / "first").touch()
    tell("retiring")
    subprocess.Popen(["sleep", "3600"], stdout=open(here / "started", "w"))
    open(here / "work").read()
    os._exit(5)
"""

    for name in ("work", "started"):
        os.mkfifo(tmp_path / name)
    running = start(body)
    started = (tmp_path / "started").open()
    first = running.wait_for("worker.replacing")["worker_pid"]
    assert running.wait_for("worker.ready")["pid"] != first
    (tmp_path / "work").open("w").close()
    assert running.wait_for("worker.exited")["worker_pid"] == first
    with started:
        assert started.read() == "", "what it had started is gone as well"
    assert running.stop() == 0, "what was given up long before is no unfinished work"
    assert running.deaths == []


def test_who_brought_a_step_to_its_end_is_replaced_at_once(start: Start, tmp_path: Path) -> None:
    body = """
ready()
if not (here / "first").exists():
    (here / "first").touch()
    tell("worked")
    os.kill(os.getpid(), signal.SIGKILL)
"""
    running = start(body)
    assert running.wait_for("worker.restarting")["delay_s"] == 0
    running.wait_for("worker.ready")


@pytest.mark.parametrize(
    ("deaths", "starts"), [(0, 1), (1, 2)], ids=["at once", "its process killed at boot"]
)
def test_a_step_that_is_asked_for_runs_alone_and_once_more_where_its_process_never_got_ready(
    start: Start, tmp_path: Path, deaths: int, starts: int
) -> None:
    body = f"""
if "--alone" in sys.argv:
    with open(here / "boots", "a") as boots:
        boots.write("x")
    if (here / "boots").stat().st_size <= {deaths}:
        os.kill(os.getpid(), signal.SIGKILL)
    tell("ready")
    (here / f"alone-{{os.getpid()}}").write_text(json.dumps(sys.argv[-2:]))
    (here / "done").open("w").close()
    done()
tell("alone nonsense")
tell("alone {RUN} no_such_step")
tell("alone {RUN} {STEP}")
tell("alone {RUN} {STEP}")
open(here / "done").read()
ready()
"""
    body = body.replace("sys.argv[-2:]", 'sys.argv[sys.argv.index("--alone") + 1 :][:2]')

    os.mkfifo(tmp_path / "done")
    running = start(body)
    said = running.wait_for("worker.lone_step")
    running.wait_for("worker.ready")
    assert running.stop() == 0
    assert (said["run_id"], said["step"]) == (RUN, STEP)
    began = [json.loads(one.read_text()) for one in tmp_path.glob("alone-*")]
    assert began == [[RUN, STEP]] * (starts - deaths)
    assert running.events("worker.lone_step", "worker.restarting") == ["worker.lone_step"] * starts


def test_work_that_was_still_in_hand_at_the_end_is_told_by_the_exit_code(start: Start) -> None:
    running = start("signal.signal(signal.SIGTERM, lambda *_: sys.exit(5))\nready()")
    running.wait_for("worker.ready")
    assert running.stop() == 5


def test_a_line_that_nobody_reads_ends_nothing() -> None:
    reading, writing = os.pipe()
    line = ParentLine(writing)
    for _ in range(10_000):  # more than a pipe holds
        line.retire()
    os.close(reading)
    line.run_alone(RUN, STEP)
    line.start()
    assert "pulse" not in {one.name for one in threading.enumerate()}  # it would write elsewhere
    os.close(writing)
