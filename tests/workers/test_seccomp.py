"""The kernel keeps the process of an embedded dry run off the network, whoever asks."""

from __future__ import annotations

import json
import os
import platform
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.skipif(
    (sys.platform, platform.machine()) != ("linux", "x86_64"), reason="the filter is for x86-64"
)

#: Every way out that was thought of; each must end in EPERM, in threads that were there before too.
ESCAPES = """
import ctypes, errno, io, multiprocessing, os, socket, subprocess, sys, threading
from concurrent.futures import ThreadPoolExecutor
libc = ctypes.CDLL(None, use_errno=True)
pool = ThreadPoolExecutor(1)
pool.submit(int).result()  # this thread is there before the filter
tcp, udp = socket.socket(), socket.socket(type=socket.SOCK_DGRAM)
server = socket.create_server(("127.0.0.1", 0))
address = server.getsockname()
from workers.seccomp import refuse_network
if not refuse_network():
    print("cannot")
    sys.exit()

def native(number, *args):
    if libc.syscall(number, *args) < 0:
        raise OSError(ctypes.get_errno(), "x")

def spawn():
    process = multiprocessing.get_context("spawn").Process(target=int)
    process.start()  # the program is refused in the child, of which nobody is told
    process.join()
    if process.exitcode:
        raise OSError(errno.EPERM, "x")

def fork_and_connect():
    pid = os.fork()
    if pid == 0:
        try:
            socket.socket()
        except PermissionError:
            os._exit(errno.EPERM)
        os._exit(0)
    raise OSError(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), "x")

ways = {
    "inet": lambda: socket.socket(), "inet6": lambda: socket.socket(socket.AF_INET6),
    "netlink": lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW),
    "in a thread": lambda: pool.submit(socket.socket).result(),
    "open socket": lambda: tcp.connect(address), "datagram": lambda: udp.sendto(b"x", address),
    "visitor": server.accept,
    "message": lambda: udp.sendmsg([b"x"], [], 0, address),
    "unix": lambda: socket.socket(socket.AF_UNIX).connect("/run/x.sock"),
    "program": lambda: subprocess.run(["/bin/true"]), "spawn": spawn,
    "by number": lambda: native(41, 2, 1, 0), "x32": lambda: native(0x40000000 + 41, 2, 1, 0),
    "io_uring": lambda: native(425, 1, 0), "execveat": lambda: native(322, 0, 0, 0, 0, 0),
    "child": fork_and_connect, "ptrace": lambda: native(101, 0, 0, 0, 0),
}
for name, way in ways.items():
    try:
        way()
        print(name, "came out")
    except OSError as exc:
        if exc.errno != errno.EPERM:
            print(name, exc)
one, other = socket.socketpair()
one.send(b"x"); assert other.recv(1) == b"x"
threading.Thread(target=int).start()
print("held")
"""


def python(*arguments: str, folder: Path) -> str:
    """Return what a Python process of its own wrote to stdout."""
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "SCOUT_DATABASE_URL": f"sqlite:///{folder}/scout.db",
    }
    done = subprocess.run(
        [sys.executable, *arguments], env=environment, cwd=folder, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_no_way_leads_out(tmp_path: Path) -> None:
    shown = python("-c", ESCAPES, folder=tmp_path).split("\n")
    if shown[0] == "cannot":
        pytest.skip("this kernel lets no process have a filter")
    assert shown == ["held", ""]


def test_an_embedded_dry_run_is_held_and_says_so(tmp_path: Path) -> None:
    arguments = ["run", "--dry", "--query", "vector database", "--top", "3", "--max-briefs", "1"]
    told = json.loads(python("-m", "cli", *arguments, "--json", folder=tmp_path))
    assert told["stats"]["network_guard"] == "seccomp"
    with closing(sqlite3.connect(tmp_path / "scout.db")) as database:
        (data,) = database.execute(
            "select data_json from audit_log where event = 'run.finished'"
        ).fetchone()
    assert json.loads(data)["network_guard"] == "seccomp"


def test_a_run_in_somebody_elses_process_has_the_audit_hook(tmp_path: Path) -> None:
    """A filter never comes off, so a process that goes on afterwards must not get one."""
    code = (
        "from click.testing import CliRunner; from cli.main import cli; import socket, json;"
        "done = CliRunner().invoke(cli, ['run', '--dry', '--query', 'x', '--top', '3', '--json']);"
        "socket.socket().close(); print(json.loads(done.stdout)['stats']['network_guard'])"
    )
    assert python("-c", code, folder=tmp_path) == "audit_hook\n"
