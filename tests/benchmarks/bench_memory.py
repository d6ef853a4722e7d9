"""Memory of one worker process while it works through two live runs of 1,000 repositories each.

`python -m tests.benchmarks.bench_memory [--top 1000] [--runs 2]`. The servers are processes of
their own; READMEs have 15 kB on average, one in a hundred has 500 kB, one in a thousand a megabyte.
A repository counts by thirds: its metadata, its README, its analysis. The first large READMEs make
a process grow; whether it goes on growing is seen in the comparison of the runs, more than in that
of the quarters, the first of which is over before the first README.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import mean

from models.database.connection import database
from models.database.migrate import open_database
from models.settings.runtime import load_settings
from tests.support.processes import ROOT
from tests.support.servers import redis_server
from tests.support.waiting import wait_until

SAMPLE_EVERY_S = 0.25
#: Repositories and the worker's resident memory in MB.
Sample = tuple[float, float]

_DONE = """
SELECT (SELECT count(*) FROM repos WHERE status <> 'found') + (SELECT count(*) FROM readmes)
  + (SELECT count(*) FROM analyses)
"""


def main() -> None:
    """Print the worker's memory along the way, and the last quarter's share of the first's."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--top", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=2)
    options = parser.parse_args()
    size = options.top * options.runs
    github = ("github", "--repos", str(size), "--shelves", str(options.runs), "--token", "bench")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        os.environ |= {
            "SCOUT_BROKER_URL": stack.enter_context(redis_server()),
            "SCOUT_DATABASE_URL": f"sqlite:///{folder / 'scout.db'}",
            "SCOUT_GITHUB_URL": stack.enter_context(
                server(*github, "--core-limit", "100000", "--search-limit", "1000")
            ),
            "GITHUB_TOKEN": "bench",
            "SCOUT_LLM_BASE_URL": stack.enter_context(server("llm")),
            "SCOUT_LLM_MODEL": "bench",
        }
        open_database(load_settings())
        pid = stack.enter_context(worker(folder / "worker.log"))
        samples: list[Sample] = [(0.0, resident_mb(pid))]
        stack.enter_context(sampling(pid, samples))
        for number in range(options.runs):
            run(number, options.top, folder)
    report(samples, options.top, options.runs)


@contextmanager
def server(what: str, *args: str) -> Iterator[str]:
    """Run a counterpart for the block and yield its URL."""
    process = subprocess.Popen(
        [sys.executable, "-m", f"tests.support.counterparts.{what}", *args],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.wait()


@contextmanager
def worker(log: Path) -> Iterator[int]:
    """Run `scout worker` for the block and yield the id of the one process that does the work."""
    command = [sys.executable, "-m", "cli.main", "worker", "-p", "1", "-t", "2"]
    with log.open("wb") as stream:
        process = subprocess.Popen(command, cwd=ROOT, stdout=stream, stderr=stream)
    try:
        ((pid,),) = wait_until("the worker", lambda: rows("SELECT pid FROM workers"))
        yield pid
    finally:
        process.terminate()
        process.wait(60)


@contextmanager
def sampling(pid: int, samples: list[Sample]) -> Iterator[None]:
    """Take samples for as long as the block lasts."""
    over = threading.Event()

    def work() -> None:
        while not over.wait(SAMPLE_EVERY_S):
            ((done,),) = rows(_DONE)
            samples.append((done / 3, resident_mb(pid)))
        database().close_thread()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def run(number: int, top: int, folder: Path) -> None:
    """Have one shelf of repositories looked at, and wait for the end."""
    args = ("--query", f"vector shelf{number}", "--top", str(top), "--max-analyses", str(top))
    rest = ("--max-queries", "0", "--out", str(folder / "out"), "--json")
    done = subprocess.run(
        [sys.executable, "-m", "cli.main", "run", *args, *rest],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    steps = json.loads(done.stdout)["stats"]["steps"]
    assert steps == {"success": len(rows("SELECT DISTINCT name FROM run_steps"))}, steps


def report(samples: Sequence[Sample], top: int, runs: int) -> None:
    """Print memory at some points, the most in each run, and the ratio of the quarters."""
    size = top * runs
    for wanted in (0.0, 0.125, 0.25, 0.5, 0.75, 1.0):
        _, mb = min(samples, key=lambda sample: abs(sample[0] - wanted * size))
        sys.stdout.write(f"{wanted * size:>8.0f} repositories {mb:>8.1f} MB\n")
    for number in range(runs):
        most = max(mb for count, mb in samples if number * top <= count <= (number + 1) * top)
        sys.stdout.write(f"      most in run {number + 1:>2} {most:>10.1f} MB\n")
    first = mean(mb for count, mb in samples if 0 < count <= size / 4)
    last = mean(mb for count, mb in samples if count >= size * 3 / 4)
    sys.stdout.write(
        f"mean of the first quarter {first:.1f} MB, of the last {last:.1f} MB: {last / first:.2f}\n"
    )


def resident_mb(pid: int) -> float:
    """Return a process's resident memory."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def rows(sql: str) -> list[tuple[int, ...]]:
    """Return rows of the open database."""
    return [tuple(row) for row in database().reading(lambda: database().execute(sql).fetchall())]


if __name__ == "__main__":
    main()
