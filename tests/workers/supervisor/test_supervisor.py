"""The supervisor keeps workers running, and everything on its stream parses whatever dies."""

from __future__ import annotations

import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.logs import strict

ROOT = Path(__file__).resolve().parents[3]
TOKEN = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
PATIENCE_S = 30.0

#: What stands in for a worker: it gets ready, does what BODY says, and ends with its stdin.
CHILD = """
import json, os, pathlib, signal, sys
here = pathlib.Path(__file__).parent
def say(**fields):
    os.write(2, json.dumps(fields).encode() + b"\\n")
def ready():
    say(event="worker.ready", level="INFO", message="ready", pid=os.getpid(), run_id=None)
def wait():
    sys.stdin.buffer.read()
    (here / f"ended-{os.getpid()}").touch()
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
#BODY
wait()
"""

PARENT = """
import json, pathlib, sys
from workers.supervisor.supervisor import run_supervisor
here = pathlib.Path(sys.argv[1])
def died(death):
    with (here / "deaths").open("a") as file:
        file.write(json.dumps([death.pid, death.exitcode, death.signal_name]) + "\\n")
code = run_supervisor(
    int(sys.argv[2]), 1, died, command=[sys.executable, str(here / "child.py")],
    shutdown_grace_s=float(sys.argv[3]),
)
assert "dramatiq" not in sys.modules
sys.exit(code)
"""


class Running:
    """A supervisor in a process of its own, and what it wrote."""

    def __init__(self, folder: Path, body: str, processes: int, grace_s: float, **environ: str):
        self.folder = folder
        (folder / "child.py").write_text(CHILD.replace("#BODY", body))
        self.process = subprocess.Popen(
            [sys.executable, "-c", PARENT, str(folder), str(processes), str(grace_s)],
            cwd=ROOT,
            env={**os.environ, **environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.raw: list[bytes] = []
        self._arrived: queue.Queue[bytes | None] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self._arrived.put(line)
        self._arrived.put(None)

    def next_line(self) -> bytes | None:
        """Return the next line, or None at the end of the stream."""
        line = self._arrived.get(timeout=PATIENCE_S)
        if line is not None:
            self.raw.append(line)
        return line

    def wait_for(self, event: str, **fields: Any) -> dict[str, Any]:
        """Return the next line with this event and these fields; every line must parse."""
        while (line := self.next_line()) is not None:
            found = strict(line.decode())
            if found.get("event") == event and fields.items() <= found.items():
                return found
        raise AssertionError(f"no {event} with {fields} in:\n{b''.join(self.raw).decode()}")

    def finish(self) -> int:
        """Read to the end and return the exit code."""
        while self.next_line() is not None:
            pass
        return self.process.wait(timeout=PATIENCE_S)

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Return the lines read so far, which must all parse."""
        return [strict(line.decode()) for line in self.raw]

    def events(self, *names: str) -> list[str]:
        """Return the events among those named, in order."""
        return [line["event"] for line in self.lines if line.get("event") in names]

    def stop(self) -> int:
        """Stop gracefully and return the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.finish()

    @property
    def deaths(self) -> list[list[Any]]:
        """Return what the callback was told."""
        file = self.folder / "deaths"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


Start = Callable[..., Running]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start supervisors whose workers do what `body` says; kill what a test left running."""
    started: list[Running] = []

    def _start(
        body: str = "ready()", processes: int = 1, grace_s: float = 20.0, **environ: str
    ) -> Running:
        started.append(Running(tmp_path, body, processes, grace_s, **environ))
        return started[-1]

    yield _start
    for running in started:
        running.process.kill()
        running.process.wait()


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
    assert restarting["delay_s"] == 0.5


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
    running = start(processes=2)
    running.wait_for("worker.ready")
    running.wait_for("worker.ready")
    assert running.stop() == 0
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
    sys.exit(0)
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
    assert delays == [0.5, 1.0, 2.0, 4.0]
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
