"""`scout` as a process of its own, for what only a process can show: signals, streams, exit codes.

Every secret that is planted in the environment must be in no output and in no file afterwards.
"""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import termios
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.database.connection import database
from models.database.migrate import open_database
from models.settings.runtime import load_settings
from tests.support.processes import ROOT
from tests.support.waiting import DEADLINE_S, wait_until

SCOUT = [sys.executable, "-m", "cli.main"]
#: Options for a run of all that the chain does, three briefs included, at a quarter of the work.
SMALL_RUN = ("--top", "8", "--max-queries", "1")


def small_run(out: Path | str) -> tuple[str, ...]:
    """Return the arguments of such a run, which exports to a folder."""
    return ("run", "--dry", "--query", "vector database", *SMALL_RUN, "--out", str(out))


#: `scout` whose step HELD_STEP waits, in Python and with checkpoints, as long as HELD exists;
#: with STUCK it waits in C instead, where it reaches no checkpoint. The time of `--timeout` counts
#: from there: how long a machine takes for the steps before is no matter of the test.
HELD = """
import os, pathlib, sys, threading
import tasks.chain as chain
real, mark = chain.step_named, pathlib.Path(os.environ["HELD"])
def step_named(name):
    def body(context):
        if name == os.environ["HELD_STEP"] and mark.exists():
            mark.with_name("reached").touch()
            pause = threading.Event()
            if os.environ.get("STUCK"):
                pause.wait()
            while mark.exists():
                context.record.checkpoint()
                pause.wait(0.005)
        return real(name)(context)
    return body
chain.step_named = step_named
from cli.running.watcher import Watcher
follow = Watcher.follow
def follow_from_there(watcher, timeout_s=None, trouble=None):
    while timeout_s is not None and not mark.with_name("reached").exists():
        threading.Event().wait(0.005)
    return follow(watcher, timeout_s, trouble)
Watcher.follow = follow_from_there
from cli.main import main
main()
"""


@dataclass
class Done:
    """What a process wrote, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Return the lines of stderr, each of which must be a JSON object."""
        parsed = [json.loads(line) for line in self.err.splitlines()]
        assert all(isinstance(line, dict) for line in parsed)
        return parsed


def scout(*args: str, before: tuple[str, ...] = (), **environ: str) -> Done:
    """Run `scout` to its end, with its streams piped."""
    process = subprocess.run(
        [*before, *SCOUT, *args],
        check=False,
        cwd=ROOT,
        env={**os.environ, **environ},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
    )
    return Done(process.returncode, process.stdout, process.stderr)


class Held:
    """A `scout` that is in the middle of a step until it is released.

    Args:
        folder: Where the marks are.
        args: Its command line.
        step: The step that waits.
        code: What the process executes.
        environ: What to add to its environment.
    """

    def __init__(
        self, folder: Path, args: tuple[str, ...], step: str, *, code: str = HELD, **environ: str
    ) -> None:
        self.mark = folder / "held"
        self.mark.touch()
        (folder / "reached").unlink(missing_ok=True)
        held = {"HELD": str(self.mark), "HELD_STEP": step}
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, *args],
            cwd=ROOT,
            env={**os.environ, **held, **environ},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        wait_until(f"{step} to be reached", (folder / "reached").exists)

    def interrupt(self) -> None:
        """Press Ctrl-C."""
        self.process.send_signal(signal.SIGINT)

    def release(self) -> None:
        """Let the step go on."""
        self.mark.unlink()

    def end(self, timeout_s: float = DEADLINE_S) -> Done:
        """Wait for its end."""
        out, err = self.process.communicate(timeout=timeout_s)
        return Done(self.process.returncode, out, err)


@contextmanager
def held(
    folder: Path, *args: str, step: str = "hydrate_readme", code: str = HELD, **environ: str
) -> Iterator[Held]:
    """Run `scout` up to the middle of a step for the block; what is left of it is killed."""
    running = Held(folder, args, step, code=code, **environ)
    try:
        yield running
    finally:
        if running.process.poll() is None:
            running.process.kill()
            running.process.communicate()


def on_terminal(
    *args: str, command: Sequence[str] = SCOUT, columns: int = 200, **environ: str
) -> Done:
    """Run `scout` with a terminal as its stdout and stderr; both come back as `out`."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (40, columns))
    process = subprocess.Popen(
        [*command, *args],
        cwd=ROOT,
        env={**os.environ, "TERM": "xterm-256color", **environ},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    chunks: list[bytes] = []

    def read() -> None:
        while True:
            try:
                chunk = os.read(ours, 4096)
            except OSError:  # Linux: the other end was closed
                return
            if not chunk:
                return
            chunks.append(chunk)

    reader = threading.Thread(target=read)
    reader.start()
    code = process.wait(DEADLINE_S)
    reader.join(DEADLINE_S)
    os.close(ours)
    return Done(code, b"".join(chunks).decode().replace("\r\n", "\n"), "")


def leaks(folder: Path, secret: str) -> list[str]:
    """Return the files below a folder, databases included, that hold the secret."""
    return [
        str(path)
        for path in folder.rglob("*")
        if path.is_file() and secret.encode() in path.read_bytes()
    ]


def rows(sql: str, *params: Any) -> list[tuple[Any, ...]]:
    """Return rows of the open database."""
    return [tuple(row) for row in database().execute(sql, params).fetchall()]


def rows_after(sql: str) -> list[tuple[Any, ...]]:
    """Return rows of the test's database, which another process has written."""
    database = open_database(load_settings())
    try:
        return [tuple(row) for row in database.execute(sql).fetchall()]
    finally:
        database.close_thread()


def count(table: str, run_id: str) -> int:
    """Return how many rows of a table belong to a run."""
    return int(rows(f"SELECT count(*) FROM {table} WHERE run_id = ?", run_id)[0][0])


def only_run() -> str:
    """Return the id of the only run."""
    ((run_id,),) = rows("SELECT run_id FROM runs")
    return str(run_id)


def executed(run_id: str) -> Mapping[str, int]:
    """Return how often each step of a run was started."""
    sql = "SELECT scope, count(*) FROM audit_log WHERE run_id = ? AND event = ? GROUP BY 1"
    return dict(rows(sql, run_id, "step.started"))
