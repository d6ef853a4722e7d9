"""What processes count arrives whole, whatever becomes of them, and never makes them wait."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

from tests.support.processes import ROOT
from tests.support.waiting import DEADLINE_S, wait_until
from workers.metrics import catalogue as of
from workers.metrics.counts import Counts
from workers.metrics.pipe import LINE_MAX_BYTES, CountsReceiver, CountsSender, _encoded

_KILLED = """
import os, signal, sys
from workers.metrics import catalogue as of
from workers.metrics.counts import Counts
from workers.metrics.pipe import CountsSender
counts = Counts()
sender = CountsSender(counts, int(sys.argv[1]))
for _ in range(300):
    counts.observe(of.STEPS, "init_run", "success", value_s=0.02)
    sender.send()
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_process_has_sent_is_counted() -> None:
    counts = Counts()
    receiver = CountsReceiver(counts)
    receiver.start()
    process = subprocess.Popen(
        [sys.executable, "-c", _KILLED, str(receiver.write_fd)],
        cwd=ROOT,
        pass_fds=(receiver.write_fd,),
    )
    assert process.wait(DEADLINE_S) == -signal.SIGKILL
    bucket = ("scout_step_duration_seconds_bucket", "init_run", "success", "1")
    wait_until("the counts", lambda: counts.now().get(bucket) == 300)
    total = counts.now()["scout_step_duration_seconds_sum", "init_run", "success"]
    assert round(total, 6) == 6.0
    os.close(receiver.write_fd)


def test_a_pipe_that_nobody_reads_costs_no_wait_and_no_count() -> None:
    read_fd, write_fd = os.pipe()
    counts, received = Counts(), Counts()
    sender = CountsSender(counts, write_fd)
    for _ in range(2_000):  # some 100 bytes each, into 64 KiB
        counts.observe(of.STEPS, "hydrate_readme", "retrying", value_s=3.0)
        sender.send()
    assert counts.now(), "some wait"
    receiver = CountsReceiver(received)
    os.dup2(read_fd, receiver._read_fd)
    receiver.start()

    def arrived() -> bool:
        sender.send()
        bucket = ("scout_step_duration_seconds_bucket", "hydrate_readme", "retrying", "5")
        return received.now().get(bucket) == 2_000

    wait_until("all of them", arrived)
    for fd in (read_fd, write_fd, receiver.write_fd):
        os.close(fd)


def test_no_line_is_longer_than_what_is_written_as_a_whole() -> None:
    counts = Counts()
    for metric in of.METRICS:
        for labels in metric.known_sets():
            counts.add(metric, *labels)
    lines = list(_encoded(counts.now()))
    assert all(len(line) <= LINE_MAX_BYTES for line, _ in lines)
    assert len(lines) > 1
    assert sum(len(keys) for _, keys in lines) == len(counts.now())
