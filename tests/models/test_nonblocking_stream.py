"""Nobody who writes lines waits for a reader that has stalled; what is dropped is counted."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import socket
import subprocess
import sys
import termios
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from models import nonblocking_stream as module
from models.nonblocking_stream import BACKLOG_BYTES, UnblockedFile, unblocked
from tests.support.processes import ROOT
from tests.support.waiting import DEADLINE_S, wait_until

LINE = b"x" * 999
COUNT = 3 * BACKLOG_BYTES // 1000


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """Return the two ends of a pipe."""
    ends = os.pipe()
    yield ends
    for end in ends:
        os.close(end)


def lines(count: int) -> Iterator[bytes]:
    for number in range(count):
        yield b"%06d" % number + LINE[6:] + b"\n"


def read_lines(read: Callable[[int], bytes], until: Callable[[list[bytes]], bool]) -> list[bytes]:
    """Read until the lines read are enough."""
    seen, rest = list[bytes](), b""
    while not until(seen):
        *whole, rest = (rest + read(65_536)).split(b"\n")
        seen += whole
    assert rest == b""
    return seen


def test_a_reader_that_stalls_costs_whole_lines_which_are_counted_and_told(
    pipe: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "STALL_S", 0.05)
    reading, writing = pipe
    file = UnblockedFile(writing)
    for line in lines(COUNT):
        for part in (line[:700], line[700:]):  # as buffers cut them
            assert file.write(part) == len(part)
    assert os.get_blocking(writing), "the flags of a pipe are everybody's"

    def told(seen: list[bytes]) -> bool:
        return any(b"dropped" in line for line in seen[-1:])

    seen = read_lines(lambda size: os.read(reading, size), told)
    dropped = re.fullmatch(rb"(\d+) lines were dropped: nobody read them for \d+ s\.", seen[-1])
    assert dropped
    assert len(seen) - 1 + int(dropped[1]) == COUNT
    assert seen[:-1] == [line[:-1] for line in lines(len(seen) - 1)], "each whole, in order"
    file.write(b"and on\n")
    assert os.read(reading, 100) == b"and on\n"


def test_a_reader_that_is_only_slow_gets_every_line(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    file, seen = UnblockedFile(writing), list[bytes]()

    def read() -> None:
        seen.extend(read_lines(lambda size: os.read(reading, 4_096), lambda s: len(s) >= COUNT))

    reader = threading.Thread(target=read)
    reader.start()
    for line in lines(COUNT):
        file.write(line)
    reader.join()
    assert seen == [line[:-1] for line in lines(COUNT)]


def test_what_waits_is_written_also_when_nobody_writes_any_more(pipe: tuple[int, int]) -> None:
    reading, writing = pipe
    file = UnblockedFile(writing)
    for line in lines(500):
        file.write(line)
    assert read_lines(lambda size: os.read(reading, size), lambda seen: len(seen) == 500)
    wait_until("the thread to end", lambda: file._drainer is None)


def test_a_terminal_that_was_stopped_holds_nobody_up() -> None:
    ours, theirs = pty.openpty()
    termios.tcflow(theirs, termios.TCOOFF)
    with os.fdopen(theirs, "w") as terminal:
        print("held back", file=unblocked(terminal), flush=True)
        termios.tcflow(theirs, termios.TCOON)
    assert os.read(ours, 100).strip() == b"held back"
    os.close(ours)


def test_a_socket_that_nobody_reads_holds_nobody_up() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        file = UnblockedFile(theirs.fileno())
        for line in lines(1_000):
            file.write(line)
        assert len(read_lines(ours.recv, lambda seen: len(seen) == 1_000)) == 1_000


@pytest.mark.parametrize("kind", ["reader gone", "closed", "full"])
def test_what_cannot_be_written_is_lost_and_no_error(kind: str) -> None:
    reading, writing = os.pipe()
    if kind == "full":
        os.close(writing)
        writing = os.open("/dev/full", os.O_WRONLY)
    file = UnblockedFile(writing)
    os.close(reading)
    if kind == "closed":
        os.close(writing)
    assert file.write(b"lost\n") == 5
    file.finish()
    if kind != "closed":
        os.close(writing)


def test_a_command_does_its_work_although_nobody_reads_what_it_says(
    pipe: tuple[int, int], tmp_path: Path
) -> None:
    _, writing = pipe
    size = fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4_096)
    os.write(writing, b"-" * size)
    command = [sys.executable, "-m", "cli.main", "run", "--dry", "--query", "stalled"]
    environ = os.environ | {
        "SCOUT_DATABASE_URL": f"sqlite:///{tmp_path}/scout.db",
        "SCOUT_BROKER_URL": "",
        "SCOUT_LOG_FORMAT": "json",
    }
    done = subprocess.run(
        [*command, "--out", str(tmp_path / "out")],
        check=False, cwd=ROOT, env=environ, stderr=writing, stdout=subprocess.PIPE,
        timeout=DEADLINE_S,
    )  # fmt: skip
    assert done.returncode == 0
    assert list((tmp_path / "out").iterdir())
