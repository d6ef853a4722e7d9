"""A worker process keeps to a processor of its own, but only where the numbers fit."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from workers.supervisor.cpu_affinity import keep_on_own_cpu

pytestmark = pytest.mark.skipif(
    not hasattr(os, "sched_getaffinity"), reason="this system cannot pin processes"
)


@pytest.fixture
def child() -> Iterator[int]:
    """Return the pid of a process that waits for the end of its stdin."""
    with subprocess.Popen(
        [sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE
    ) as process:
        yield process.pid
        assert process.stdin is not None
        process.stdin.close()


def test_every_place_has_its_own_processor(child: int) -> None:
    cpus = sorted(os.sched_getaffinity(0))
    for number, cpu in enumerate(cpus, start=1):
        assert keep_on_own_cpu(child, number, len(cpus)) == cpu
        assert os.sched_getaffinity(child) == {cpu}


def test_other_numbers_pin_nothing(child: int) -> None:
    cpus = os.sched_getaffinity(0)
    assert keep_on_own_cpu(child, 1, len(cpus) + 1) is None
    assert os.sched_getaffinity(child) == cpus


def test_a_process_that_is_gone_is_no_error() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        pass
    assert keep_on_own_cpu(process.pid, 1, len(os.sched_getaffinity(0))) is None
