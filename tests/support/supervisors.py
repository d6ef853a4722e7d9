"""A supervisor in a process of its own, over workers that do what a test says."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.support.logs import strict
from tests.support.processes import ROOT

PATIENCE_S = 30.0

#: What stands in for a worker: it gets ready, does what BODY says, and ends with its stdin.
CHILD = """
import json, os, pathlib, select, signal, sys
here = pathlib.Path(__file__).parent
def say(**fields):
    os.write(2, json.dumps(fields).encode() + b"\\n")
line = int(sys.argv[sys.argv.index("--parent-fd") + 1])
def tell(words):
    os.write(line, words.encode() + b"\\n")
def ready():
    say(event="worker.ready", level="INFO", message="ready", pid=os.getpid(), run_id=None)
    tell("ready")
def done(*_):
    tell("done")
    sys.exit(0)
signalled, mark = os.pipe()
os.set_blocking(mark, False)
signal.set_wakeup_fd(mark)
words = []
def hear():
    words.append(os.read(0, 99).decode())
    return words[-1]
def wait():
    while True:
        ready, _, _ = select.select([0, signalled], [], [])
        if signalled in ready:
            os.read(signalled, 99)
        elif not hear():
            break
    (here / f"ended-{os.getpid()}").touch()
signal.signal(signal.SIGTERM, done)
#BODY
wait()
"""

#: With TEST_TERMINAL, that is where its command was typed; TEST_BOOT_LIMIT_S bounds every boot.
PARENT = """
import json, os, pathlib, sys
if terminal := os.environ.pop("TEST_TERMINAL", None):
    os.setsid()
    os.open(terminal, os.O_RDWR)
from workers.supervisor.supervisor import RestartPolicy, run_supervisor
here = pathlib.Path(sys.argv[1])
def died(death):
    with (here / "deaths").open("a") as file:
        file.write(json.dumps([death.pid, death.exitcode, death.signal_name]) + "\\n")
code = run_supervisor(
    int(sys.argv[2]), 1, died, command=[sys.executable, str(here / "child.py")],
    shutdown_grace_s=float(sys.argv[3]), policy=RestartPolicy(
        silence_s=float(sys.argv[4]), boot_limit_s=float(os.environ.get("TEST_BOOT_LIMIT_S", "999"))
    ),
)
assert "dramatiq" not in sys.modules
sys.exit(code)
"""


class Running:
    """A supervisor in a process of its own, and what it wrote."""

    def __init__(
        self,
        folder: Path,
        body: str,
        processes: int,
        grace_s: float,
        silence_s: float,
        **environ: str,
    ):
        self.folder = folder
        (folder / "child.py").write_text(CHILD.replace("#BODY", body))
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-c", PARENT, str(folder)),
                *map(str, (processes, grace_s, silence_s)),
            ],
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
