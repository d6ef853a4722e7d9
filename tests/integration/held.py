"""A worker process whose steps wait for the test, for what must happen in the middle of one.

A step notes its start as the file `<step>-<attempt>` in the folder HELD, and waits as long as
that file is there while `hold-<step>` exists. With TWICE set, every message is sent two times.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dramatiq

from tasks.step import Step, StepContext
from tests.support.processes import ROOT
from workers.broker import boot, build_broker
from workers.enqueue import send_step
from workers.supervisor.worker_process import main

#: `scout worker` with these processes; the parent is the real one.
SUPERVISOR = """
import sys
from models.database.migrate import open_database
from models.settings.runtime import load_settings
from workers.supervisor.slots import RestartPolicy
from workers.supervisor.supervisor import run_supervisor
from workers.supervisor.dead_workers import close_dead_worker
open_database(load_settings()).close_thread()
command = [sys.executable, "-m", "tests.integration.held", "--threads", "2", "--stop-on-eof"]
# A test may pause a process for as long as a busy machine needs to do the rest.
patient = RestartPolicy(silence_s=120.0)
sys.exit(run_supervisor(int(sys.argv[1]), 2, close_dead_worker, command=command, policy=patient))
"""


def supervised(processes: int) -> list[str]:
    """Return the command for a supervisor with processes that hold."""
    return [sys.executable, "-c", SUPERVISOR, str(processes)]


def _held(name: str) -> Step:
    def body(context: StepContext) -> Mapping[str, Any]:
        folder = Path(os.environ["HELD"])
        mark = folder / f"{name}-{context.attempt}"
        mark.write_text(str(os.getpid()))
        pause = threading.Event()
        while (folder / f"hold-{name}").exists() and mark.exists():
            context.record.checkpoint()
            pause.wait(0.01)
        return {"attempt": context.attempt}

    return body


def _twice(broker: dramatiq.Broker, run_id: str, name: str, *, delay_s: float = 0.0) -> bool:
    first, second = (send_step(broker, run_id, name, delay_s=delay_s) for _ in range(2))
    return first and second


def _boot() -> dramatiq.Broker:
    send = _twice if os.environ.get("TWICE") else send_step
    return boot(lambda settings: build_broker(settings, _held, send))


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main(boot=_boot))
