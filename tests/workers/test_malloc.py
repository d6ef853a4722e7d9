"""A worker gives memory back to the system when it no longer needs it."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

from models.database.connection import Database
from tests.support.processes import ROOT
from workers import broker
from workers.malloc import keep_memory_small

glibc = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be told")

#: Texts as large as READMEs can be, made and dropped by several threads, some of each kept.
_SCRIPT = """
import resource, sys, threading
from pathlib import Path
from workers.malloc import keep_memory_small

def resident_kb():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))

if sys.argv[1] == "told":
    assert keep_memory_small()
kept = []
def read(number):
    for size in range(1, 120):
        text = b"x" * (size * 9_000 + number * 100)
        pieces = [bytes(bytearray(600 + (size * number) % 7_000)) for _ in range(40)]
        kept.append(pieces[size % 40])
        del text, pieces
threads = [threading.Thread(target=read, args=(number,)) for number in range(16)]
before = resident_kb()
for thread in threads: thread.start()
for thread in threads: thread.join()
print(resident_kb() - before - sum(map(len, kept)) // 1024)
"""


def _kept_kb(mode: str) -> int:
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT, mode], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return int(done.stdout)


@glibc
def test_what_threads_no_longer_need_goes_back_to_the_system() -> None:
    told, untold = _kept_kb("told"), _kept_kb("untold")
    assert told < untold / 2
    assert told < 8_000


def test_every_worker_process_begins_with_it(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[bool] = []
    monkeypatch.setattr(broker, "keep_memory_small", lambda: told.append(True))
    monkeypatch.setattr(broker, "check_broker", lambda *args: None)
    monkeypatch.setattr(broker.dramatiq, "set_broker", lambda broker: None)
    broker.boot()
    assert told == [True]


def test_it_is_no_error_where_there_is_nothing_to_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert keep_memory_small() is False
