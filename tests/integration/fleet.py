"""Real worker processes over a real broker, and what they wrote."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from models.clock import Clock
from models.database.connection import database
from models.lifecycle import create_run
from models.settings.runtime import load_settings
from models.steps import STEP_NAMES
from tests.support.processes import ROOT
from tests.support.runs import audits, events, run_of
from tests.support.secrets import assert_kept
from tests.support.waiting import DEADLINE_S, wait_until
from workers.broker import build_broker
from workers.enqueue import send_step

#: A run of all that the chain does, three briefs included, at a quarter of a whole one's work.
SMALL = {"top": 8, "max_queries": 1}
SCOUT = [sys.executable, "-m", "cli.main"]


class Fleet:
    """A command that runs workers, and every line of its output.

    Args:
        command: What to run.
        environ: What to add to the environment.
    """

    def __init__(self, command: list[str], environ: Mapping[str, str] | None = None) -> None:
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **(environ or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)

    def said(self, event: str) -> list[dict[str, Any]]:
        """Return the lines about an event so far."""
        return [line for line in map(json.loads, list(self.lines)) if line.get("event") == event]

    def stop(self, timeout_s: float = DEADLINE_S) -> int:
        """Ask it to stop, wait, and return its exit code; what hangs is killed."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            code = self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        self._reader.join(DEADLINE_S)
        return code

    def kill(self) -> None:
        """Kill it with everything that it started."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(DEADLINE_S)

    def parsed(self) -> list[dict[str, Any]]:
        """Return every line, each of which must be a JSON object, once the output has ended."""
        assert not self._reader.is_alive(), "read the lines after the end"
        parsed = []
        for line in self.lines:
            value = json.loads(line)
            assert isinstance(value, dict), line
            parsed.append(value)
        return parsed


@contextmanager
def fleet(*args: str, secrets: Mapping[str, str] | None = None, **environ: str) -> Iterator[Fleet]:
    """Run `scout worker` for the block; its lines must then parse and keep the secrets."""
    with running(Fleet([*SCOUT, "worker", *args], environ), secrets) as started:
        yield started


@contextmanager
def plain_dramatiq(
    module: str, *args: str, secrets: Mapping[str, str] | None = None, **environ: str
) -> Iterator[Fleet]:
    """Run the `dramatiq` command for the block."""
    command = [sys.executable, "-m", "dramatiq", module, *args]
    with running(Fleet(command, environ), secrets) as started:
        yield started


@contextmanager
def running(started: Fleet, secrets: Mapping[str, str] | None) -> Iterator[Fleet]:
    """Have a command that was started for the block."""
    try:
        yield started
        started.stop()
    except BaseException:
        print("".join(started.lines[-40:]))  # noqa: T201 - pytest shows it beside the failure
        raise
    finally:
        if started.process.poll() is None:
            started.kill()
    assert_kept(dict(secrets or {}), {"output": "".join(started.lines)})


def submit(count: int, out: str, *, doubled: bool = False) -> list[str]:
    """Create runs on the broker as `scout run --detach` does, and return their ids.

    With `doubled`, two messages for every step are in the queue before any is wanted.
    """
    settings = load_settings()
    broker = build_broker(settings)
    run_ids = []
    for _ in range(count):
        run_id = create_run(
            {"query": "vector database", "dry": True, "out": out, **SMALL},
            broker=settings.broker_kind,
        )
        for name in [*STEP_NAMES, *STEP_NAMES] if doubled else STEP_NAMES[:1]:
            send_step(broker, run_id, name)
        run_ids.append(run_id)
    broker.close()
    return run_ids


def unfinished() -> int:
    """Return how many runs have not ended."""
    sql = "SELECT count(*) FROM runs WHERE status IN ('queued', 'running')"
    return int(database().reading(lambda: database().execute(sql).fetchone()[0]))


def finished_steps() -> int:
    """Return how many steps have succeeded."""
    sql = "SELECT count(*) FROM run_steps WHERE status = 'success'"
    return int(database().reading(lambda: database().execute(sql).fetchone()[0]))


def wait_for_all(timeout_s: float = DEADLINE_S) -> None:
    """Wait until no run is unfinished."""
    wait_until("all runs to end", lambda: unfinished() == 0, timeout_s)


def let_lease_run_out(run_id: str, step: str) -> None:
    """Put the end of a step's lease, whose holder cannot renew it, into the past."""
    sql = "UPDATE run_steps SET lease_expires_at = ? WHERE run_id = ? AND name = ? AND status = ?"
    given = (Clock().now_iso(-1), run_id, step, "running")
    assert database().transact(lambda: database().execute(sql, given).rowcount) == 1


def running_on(pid: int) -> bool:
    """Say whether a worker process is working on a step."""
    sql = "SELECT count(*) FROM run_steps WHERE status = 'running' AND worker LIKE ?"
    return bool(database().execute(sql, (f"%:{pid}:%",)).fetchone()[0])


#: What happens to a step only where something goes wrong around it.
DISTURBANCES = {"step.interrupted", "step.retrying", "step.duplicate_delivery"}


def assert_truthful(run_ids: list[str], *, undisturbed: bool = False) -> None:
    """Check that every run succeeded, each step with exactly one end, and audit and rows agree."""
    for run_id in run_ids:
        run, seen = run_of(run_id), events(run_id)
        assert run.status == "success", (run_id, run.status, run.error)
        finished = [audit.scope for audit in audits(run_id, "step.finished")]
        assert finished == list(STEP_NAMES), run_id
        assert seen.count("run.finished") == 1
        started = seen.count("step.started")
        postponed = seen.count("step.postponed")
        assert (
            started == 10 + sum(map(seen.count, ("step.interrupted", "step.retrying"))) + postponed
        )
        assert started == run.stats["attempts"]
        if undisturbed:
            trouble = [row.message for row in audits(run_id) if row.event in DISTURBANCES]
            assert trouble == [], trouble  # this module's assertions do not explain themselves


def same_results(run_ids: list[str]) -> None:
    """Check that all exports are byte for byte the same, but for what is declared to differ."""
    from cli.running.verify import _folder
    from tasks.export.digest import export_digest

    assert len({export_digest(_folder(run_id)) for run_id in run_ids}) == 1


def about(lines: list[dict[str, Any]], run_ids: list[str]) -> list[dict[str, Any]]:
    """Return the lines whose text names one of the runs."""
    return [line for line in lines if any(run_id in line["message"] for run_id in run_ids)]


Act = Callable[[], None]
