"""A step that a process here holds which has ended: nobody need wait for its lease."""

from __future__ import annotations

import os
import socket

from models.dao.steps import StepsDao
from models.lifecycle import close_worker
from models.statuses import StepStatus
from workers.worker_name import is_from_here


def close_dead_holders(run_id: str) -> None:
    """Close the attempts at a run's steps whose process is known to have ended.

    That is known of a process of this boot and PID namespace alone. One whose pid is another's by
    now is taken for alive; then its lease runs out.
    """
    for step in StepsDao.of_run(run_id):
        if step.status is StepStatus.RUNNING and step.worker and is_gone(step.worker):
            close_worker(step.worker, "its process has ended")


def is_gone(worker: str) -> bool:
    """Say whether a worker is a process of this machine that has ended."""
    host, _, rest = worker.partition(":")
    pid = rest.partition(":")[0]
    if host != socket.gethostname() or not is_from_here(worker) or not pid.isdecimal():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False
