"""A process has one name, whichever thread asks first, and a forked child has its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

from tests.support.processes import ROOT
from workers.worker_name import worker_name, worker_prefix

#: The first use of the name in a process, by many threads at the same moment.
_RACE = """
import sys, threading
sys.setswitchinterval(1e-6)
barrier, names = threading.Barrier(16), []
def ask():
    barrier.wait()
    from workers.worker_name import worker_name
    names.append(worker_name())
threads = [threading.Thread(target=ask) for _ in range(16)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
assert len(names) == 16 and len(set(names)) == 1, names
"""


def test_a_name_says_where_the_process_is() -> None:
    assert worker_name().startswith(worker_prefix(os.getpid()))
    assert worker_prefix(7) == f"{socket.gethostname()}:7:"


def test_every_thread_gets_the_same_name() -> None:
    """The keeper and the recovery loop ask at the same moment; one name must be deleted at last."""
    for _ in range(3):
        subprocess.run([sys.executable, "-c", _RACE], check=True, cwd=ROOT)


def test_a_forked_child_has_a_name_of_its_own() -> None:
    readable, writable = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.write(writable, worker_name().encode())
        os._exit(0)
    os.waitpid(pid, 0)
    os.close(writable)
    name = os.read(readable, 1000).decode()
    os.close(readable)
    assert name.startswith(worker_prefix(pid))
    assert name != worker_name()
