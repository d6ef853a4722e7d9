"""A process has one name, whichever thread asks first, and a forked child has its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

from tests.support.processes import ROOT
from workers.worker_name import is_from_here, name_of, new_token, worker_name

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
    host, pid, token = worker_name().split(":")
    assert (host, int(pid)) == (socket.gethostname(), os.getpid())
    assert is_from_here(worker_name())
    assert not is_from_here(name_of(os.getpid(), "zzzz" + token[4:]))


def test_no_two_processes_have_one_token() -> None:
    tokens = {new_token() for _ in range(1_000)}
    assert len(tokens) == 1_000
    assert len({token[:4] for token in tokens}) == 1, "the place is the same"


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
    assert name.startswith(f"{socket.gethostname()}:{pid}:")
    assert name != worker_name()
