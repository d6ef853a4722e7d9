"""The supervisor keeps workers running, and everything on its stream parses whatever dies."""

from __future__ import annotations

import os
import pty
import signal
import socket
import sys
from pathlib import Path

from tests.support.supervisors import PATIENCE_S, Start

TOKEN = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"


def test_a_worker_killed_in_the_middle_of_a_line_is_restarted_alone_and_every_line_parses(
    start: Start,
) -> None:
    body = """
ready()
try:
    (here / "first").touch(exist_ok=False)  # of two that are here at once, one dies
except FileExistsError:
    pass
else:
    os.write(2, b'{"message": "' + b"x" * 100_000)
    os.kill(os.getpid(), signal.SIGKILL)
"""
    running = start(body, processes=2)
    torn = running.wait_for("worker.raw_output")
    died = running.wait_for("worker.died")
    running.wait_for("worker.ready", pid=running.wait_for("worker.started")["worker_pid"])
    assert running.stop() == 0
    assert torn["message"] == '{"message": "' + "x" * 100_000
    assert (torn["pid"], torn["partial"], torn["stream"]) == (died["worker_pid"], True, "stderr")
    assert (died["signal"], died["exit_code"], died["level"]) == ("SIGKILL", -9, "ERROR")
    assert "out-of-memory killer" in died["message"]
    assert running.deaths == [[died["worker_pid"], -9, "SIGKILL"]]
    assert len(running.events("worker.started")) == 3
    (restarting,) = (line for line in running.lines if line.get("event") == "worker.restarting")
    assert 0.375 <= restarting["delay_s"] <= 0.625


def test_systemd_hears_when_all_are_ready_and_when_they_stop(start: Start, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(str(tmp_path / "notify"))
        ear.settimeout(PATIENCE_S)
        body = "assert 'NOTIFY_SOCKET' not in os.environ\nready()"
        running = start(body, processes=2, NOTIFY_SOCKET=str(tmp_path / "notify"),
                        WATCHDOG_USEC="100000")  # fmt: skip
        heard = [ear.recv(4096).decode()]
        while "READY=1" not in heard[-1]:
            heard.append(ear.recv(4096).decode())
        assert set(heard[:-1]) <= {"WATCHDOG=1"}
        assert len(running.events("worker.died")) == 0
        heard = [ear.recv(4096).decode() for _ in range(2)]
        assert heard == ["WATCHDOG=1"] * 2
        assert running.stop() == 0
        while "STOPPING=1" not in heard[-1]:
            heard.append(ear.recv(4096).decode())
        assert "READY=1" not in "".join(heard)


def test_sigterm_stops_every_worker_and_ends_with_0(start: Start) -> None:
    body = """
def stop(*_):
    say(event="told", words="".join(words or [hear()]))
    done()
signal.signal(signal.SIGTERM, stop)
ready()
"""
    running = start(body, processes=2)
    running.wait_for("worker.ready")
    running.wait_for("worker.ready")
    assert running.stop() == 0
    told = [line["words"] for line in running.lines if line.get("event") == "told"]
    assert told == ["stop\n"] * 2, "a worker knows by it who asks"
    assert running.events(
        "worker.booting", "worker.stopping", "worker.exited", "worker.stopped"
    ) == [
        *("worker.booting", "worker.stopping", "worker.exited", "worker.exited", "worker.stopped")
    ]
    assert running.deaths == []


def test_a_second_ctrl_c_kills_at_once(start: Start) -> None:
    running = start("signal.signal(signal.SIGTERM, lambda *_: say(event='term'))\nready()", 1, 3600)
    running.wait_for("worker.ready")
    running.process.send_signal(signal.SIGINT)
    running.wait_for("term")
    running.process.send_signal(signal.SIGINT)
    died = running.wait_for("worker.died")
    assert running.finish() == 130
    assert "second Ctrl-C" in died["message"]
    assert running.deaths == [[died["worker_pid"], -9, "SIGKILL"]]


def test_sigterm_after_ctrl_c_as_process_managers_send_it_stays_graceful(
    start: Start, tmp_path: Path
) -> None:
    body = """
def finish_work(*_):
    say(event="term")
    open(here / "work").read()
    done()
signal.signal(signal.SIGTERM, finish_work)
ready()
"""
    os.mkfifo(tmp_path / "work")
    running = start(body, grace_s=3600)
    running.wait_for("worker.ready")
    running.process.send_signal(signal.SIGINT)
    running.wait_for("term")
    running.process.send_signal(signal.SIGTERM)
    (tmp_path / "work").open("w").close()
    assert running.finish() == 0
    assert running.deaths == []


def test_a_worker_that_does_not_stop_is_killed_when_its_grace_is_over(start: Start) -> None:
    running = start("signal.signal(signal.SIGTERM, signal.SIG_IGN)\nready()", grace_s=0.2)
    running.wait_for("worker.ready")
    assert running.stop() == 5
    (died,) = (line for line in running.lines if line.get("event") == "worker.died")
    assert "grace" in died["message"]
    assert running.deaths == [[died["worker_pid"], -9, "SIGKILL"]]


def test_workers_stop_by_themselves_when_their_parent_is_killed(
    start: Start, tmp_path: Path
) -> None:
    fifo = tmp_path / "alive"
    os.mkfifo(fifo)
    running = start("alive = open(here / 'alive', 'w')\nready()", processes=2)
    with fifo.open() as alive:
        pids = {running.wait_for("worker.ready")["pid"] for _ in range(2)}
        if sys.platform == "linux":
            assert {os.sched_getscheduler(pid) for pid in pids} == {os.SCHED_BATCH}
        running.process.kill()
        assert alive.read() == ""  # returns when no worker holds the other end any more
    assert {path.name for path in tmp_path.glob("ended-*")} == {f"ended-{pid}" for pid in pids}


def test_workers_that_lack_something_at_boot_are_given_up_with_their_reason(start: Start) -> None:
    body = """
say(event="worker.boot_failed", level="ERROR", message="No database.", hint="Start it.")
sys.exit(3)
"""
    running = start(body)
    assert running.finish() == 3
    (gave_up,) = (line for line in running.lines if line.get("event") == "worker.gave_up")
    assert gave_up["message"] == "The workers cannot start: No database."
    assert gave_up["hint"] == "Start it."
    assert len(running.events("worker.started")) == 3


def test_a_dependency_that_goes_away_later_does_not_end_the_supervisor(start: Start) -> None:
    body = """
boots = here / "boots"
count = int(boots.read_text()) + 1 if boots.exists() else 1
boots.write_text(str(count))
if 2 <= count <= 4:
    sys.exit(3)
ready()
if count == 1:
    sys.exit(1)
"""
    running = start(body)
    first = running.wait_for("worker.ready")
    second = running.wait_for("worker.ready")
    assert first["pid"] != second["pid"]
    assert running.stop() == 0
    delays = [line["delay_s"] for line in running.lines if "delay_s" in line]
    for delay_s, usual_s in zip(delays, (0.5, 1.0, 2.0, 4.0), strict=True):
        assert usual_s * 0.75 <= delay_s <= usual_s * 1.25
    assert [death[1] for death in running.deaths] == [1, 3, 3, 3]


def test_sighup_replaces_each_worker_only_when_its_successor_is_ready(
    start: Start, tmp_path: Path
) -> None:
    body = """
if (here / "gate").exists():
    say(event="child.booting")
    open(here / "gate").read()
ready()
"""
    running = start(body, processes=2)
    old = {running.wait_for("worker.ready")["pid"] for _ in range(2)}
    os.mkfifo(tmp_path / "gate")
    running.process.send_signal(signal.SIGHUP)
    for _ in range(2):
        running.wait_for("child.booting")
        (tmp_path / "gate").open("w").close()
    running.wait_for("worker.reloaded")
    assert running.stop() == 0
    once = ["worker.started", "child.booting", "worker.ready", "worker.replacing", "worker.exited"]
    assert running.events(*once, "worker.reloaded")[4:15] == [*once, *once, "worker.reloaded"]
    ready = [line["pid"] for line in running.lines if line.get("event") == "worker.ready"]
    assert len(set(ready)) == 4
    gone = [line["worker_pid"] for line in running.lines if line.get("event") == "worker.exited"]
    assert set(gone[:2]) == old
    assert running.deaths == []


def test_a_terminal_that_hangs_up_stops_the_workers_in_order(start: Start) -> None:
    master, slave = pty.openpty()
    running = start(processes=2, TEST_TERMINAL=os.ttyname(slave))
    for _ in range(2):
        running.wait_for("worker.ready")
    os.close(slave)
    os.close(master)
    running.wait_for("worker.stopping", reason="its terminal hung up")
    assert running.finish() == 0
    assert running.deaths == []


def test_a_rolling_restart_onto_a_broken_release_keeps_the_old_workers(start: Start) -> None:
    body = """
if (here / "broken").exists():
    sys.exit(1)
ready()
"""
    running = start(body, processes=2)
    old = {running.wait_for("worker.ready")["pid"] for _ in range(2)}
    (running.folder / "broken").touch()
    running.process.send_signal(signal.SIGHUP)
    running.wait_for("worker.reload_failed")
    assert running.stop() == 0
    exited = [line["worker_pid"] for line in running.lines if line.get("event") == "worker.exited"]
    assert set(exited) == old


def test_all_that_is_not_a_json_object_is_wrapped_and_redacted(start: Start) -> None:
    body = f"""
os.write(1, b"printed {TOKEN}\\n\\n   \\n")
os.write(2, b'Fatal Python error: \\xff\\n[1, 2]\\n"text"\\nNaN\\n')
os.write(2, b'{{"json": "{TOKEN}"}}\\n')
os.write(2, b'{{"kept":   "as it is"}}\\n')
os.write(2, b'y' * 3_000_000 + b'\\n')
ready()
"""
    running = start(body)
    running.wait_for("worker.ready")
    assert running.stop() == 0
    wrapped = [line for line in running.lines if line.get("event") == "worker.raw_output"]
    short = {(line["stream"], line["message"]) for line in wrapped if len(line["message"]) < 99}
    assert short == {
        ("stdout", "printed [REDACTED]"),
        ("stderr", "Fatal Python error: \ufffd"),
        ("stderr", "[1, 2]"),
        ("stderr", '"text"'),
        ("stderr", "NaN"),
    }
    assert sum(line["message"].count("y") for line in wrapped if "yy" in line["message"]) == 3e6
    assert b'{"kept":   "as it is"}\n' in running.raw
    assert TOKEN.encode() not in b"".join(running.raw)


def test_on_a_terminal_people_read_the_workers_lines_as_text(start: Start) -> None:
    body = """
os.write(2, b'{"timestamp": "2025-01-01T10:00:00.000000Z", "level": "INFO", "step": "init_run",'
    b'"message": "hello\\\\u001b[2J", "run_id": "01JD2K3M4N"}\\\\n'.replace(b"\\\\n", b"\\n"))
os.write(1, b"printed\\n")
ready()
"""
    running = start(body, SCOUT_LOG_FORMAT="text")
    while b"ready" not in (running.next_line() or b"ready"):
        pass
    assert running.stop() == 0
    text = b"".join(running.raw).decode()
    assert "INFO   init_run                    hello · 01JD2K3M\n" in text
    assert "printed\n" in text
    assert "{" not in text
