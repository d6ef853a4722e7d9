"""Where a drill takes place: a broker, a database, a folder and workers of its own."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

import dramatiq

from models.codes import Code
from models.dao import RunsDao
from models.dao.workers import WorkersDao
from models.database.connection import database
from models.database.migrate import open_database
from models.errors import ScoutError
from models.lifecycle import create_run
from models.run_args import RunArgs
from models.settings.runtime import Settings, load_settings
from models.steps import STEP_NAMES
from workers.broker import build_broker
from workers.drill.broker_server import BrokerServer
from workers.drill.faults import FOLDER_VARIABLE
from workers.enqueue import send_step
from workers.worker_name import is_from_here

#: Short times, so that a drill does not wait for what operators wait for.
QUICK = {
    "SCOUT_LEASE_S": "2",
    "SCOUT_RECOVERY_INTERVAL_S": "0.25",
    "SCOUT_REPEAT_AFTER_S": "1.5",
    "SCOUT_SHUTDOWN_GRACE_S": "5",
    "SCOUT_LOG_LEVEL": "INFO",
    "SCOUT_LOG_FORMAT": "json",
    "SCOUT_LOG_FILE": "",
}


#: How long the runs of a scenario may take to end.
PATIENCE_S = 180.0


class DrillError(ScoutError):
    """A drill could not be carried out."""

    code = Code.DRILL_FAILED


class Stage:
    """The drill's world; a context manager. The process's environment is changed while it stands.

    Args:
        folder: A folder of the drill's own.
        database_url: A database of the drill's own; SQLite in the folder by default.
        processes: Worker processes.
        threads: Threads per process.
    """

    def __init__(
        self,
        folder: Path,
        *,
        database_url: str | None = None,
        processes: int = 2,
        threads: int = 4,
    ) -> None:
        self.folder = folder
        self.database_url = database_url or f"sqlite:///{folder / 'drill.db'}"
        self.processes = processes
        self.threads = threads
        self.log = folder / "workers.jsonl"
        self.crashes = folder / "crashes"
        self.server = BrokerServer()
        self._stack = ExitStack()
        self._settings: Settings | None = None
        self._broker: dramatiq.Broker | None = None

    def __enter__(self) -> Stage:
        self.crashes.mkdir(parents=True)
        self._stack.enter_context(self.server)
        self._stack.enter_context(_environment(self._variables()))
        self._settings = load_settings()
        open_database(self._settings)
        self._stack.callback(lambda: database().close_thread())
        self._broker = build_broker(self._settings)
        self._stack.callback(self._broker.close)
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stack.__exit__(exc_type, exc, traceback)

    @contextmanager
    def workers(
        self, variables: Mapping[str, str] | None = None, *, log_fd: int | None = None
    ) -> Iterator[subprocess.Popen[bytes]]:
        """Run the drill's workers for the block, which gets their parent.

        Args:
            variables: Ask for mischief.
            log_fd: Where they log; the drill's log file by default.
        """
        command = [sys.executable, "-P", "-m", "workers.drill.supervisor"]
        command += ["--processes", str(self.processes), "--threads", str(self.threads)]
        root = str(Path(__file__).resolve().parents[2])
        path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
        environ = {**os.environ, **(variables or {}), "PYTHONPATH": path}
        with self.log.open("ab") as stream:
            log = stream.fileno() if log_fd is None else log_fd
            host = subprocess.Popen(command, env=environ, stderr=log, stdout=log)
            try:
                yield host
            finally:
                host.terminate()
                host.wait(60)

    def create_runs(self, count: int, args: RunArgs) -> list[str]:
        """Create runs and send their first messages; returns their ids."""
        run_ids = self.prepare_runs(count, args)
        self.send(run_ids)
        return run_ids

    def prepare_runs(self, count: int, args: RunArgs) -> list[str]:
        """Create runs that nobody knows of yet; returns their ids."""
        return [create_run(args, command="drill", broker="redis") for _ in range(count)]

    def send(self, run_ids: list[str]) -> None:
        """Send the first messages of runs."""
        assert self._broker is not None  # noqa: S101 - set on entering
        for run_id in run_ids:
            send_step(self._broker, run_id, STEP_NAMES[0])

    def ask_for_crash(self, point: str, step: str, count: int = 1) -> None:
        """Ask that a worker dies at a point of a step, `count` times."""
        for number in range(count):
            (self.crashes / f"{point}.{step}.{number}").touch()

    @contextmanager
    def poisoned(self, run_ids: Mapping[str, str]) -> Iterator[None]:
        """Have runs bring their worker down for the block; `run_ids` names each one's poison."""
        paths = [self.crashes / f"{poison}.{run_id}" for run_id, poison in run_ids.items()]
        for path in paths:
            path.touch()
        try:
            yield
        finally:
            for path in paths:
                path.unlink()

    def kill_one(self, chance: random.Random) -> bool:
        """Kill a random live worker process with SIGKILL; returns whether there was one."""
        rows = [row for row in WorkersDao.all() if is_from_here(row.worker)]
        pids = sorted(row.pid for row in rows if _is_drill_worker(row.pid))
        if not pids:
            return False
        os.kill(chance.choice(pids), signal.SIGKILL)
        return True

    def logged(self, since_byte: int = 0) -> bytes:
        """Return what the workers have logged, from a place in the file on."""
        with self.log.open("rb") as stream:
            stream.seek(since_byte)
            return stream.read()

    def all_ended(self, run_ids: list[str]) -> bool:
        """Say whether every run has ended."""
        return all(RunsDao.get(run_id).ended for run_id in run_ids)

    def wait_for(self, what: str, condition: Callable[[], bool], timeout_s: float) -> None:
        """Wait until a condition holds.

        Raises:
            DrillError: It did not within the time.
        """
        deadline_s = time.monotonic() + timeout_s
        while not condition():
            if time.monotonic() > deadline_s:
                raise DrillError(f"Waited {timeout_s:g} s in vain for {what}.")
            time.sleep(0.02)

    def wait_for_end(self, run_ids: list[str]) -> None:
        """Wait until every run has ended.

        Raises:
            DrillError: They did not within three minutes.
        """
        self.wait_for("all runs to end", lambda: self.all_ended(run_ids), PATIENCE_S)

    def wait_for_words(self, words: bytes, since_byte: int) -> None:
        """Wait until the workers have logged something, from a place in the log on.

        Raises:
            DrillError: They did not within three minutes.
        """
        what = f"the log to say {words.decode()!r}"
        self.wait_for(what, lambda: words in self.logged(since_byte), PATIENCE_S)

    def broker_client(self) -> Any:
        """Return a client of the drill's broker."""
        assert self._broker is not None  # noqa: S101 - set on entering
        return self._broker.client  # type: ignore[attr-defined]

    def _variables(self) -> dict[str, str]:
        return {
            **QUICK,
            "SCOUT_BROKER_URL": self.server.url,
            "SCOUT_DATABASE_URL": self.database_url,
            FOLDER_VARIABLE: str(self.crashes),
        }


def _is_drill_worker(pid: int) -> bool:
    """Say whether a pid is still one of ours, so that nothing else is ever killed."""
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return _is_alive(pid) and not Path("/proc/self").exists()
    return b"workers.drill.faulty_worker" in command


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
