"""Wall time of reading 200 READMEs, and of 200 analyses, at 100 ms latency each.

`python -m tests.benchmarks.bench_concurrency [COUNT] [LATENCY_MS]`. The ideal is count × latency ÷
concurrency; the ratio to it is what can be compared between machines. The READMEs come from a
source that only waits; the analyses over HTTP from an endpoint in a process of its own.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from models.database.migrate import open_database
from models.settings.chat import ChatSettings
from models.settings.live import concurrency
from models.settings.runtime import load_settings
from tasks.sources.chat.model import ChatModel
from tasks.sources.interface import Readme, Sources
from tests.support.recorder import FakeRecorder
from tests.support.step_fakes import FakeGitHub, World, new_world

_ENDPOINT = """
import sys, time
from tests.support.counterparts.llm import chat_server
from tests.support.counterparts.llm.server import answer_well

def slowly(handler, asked):
    time.sleep(float(sys.argv[1]))
    answer_well(handler, asked)

with chat_server() as chat:
    chat.always = slowly
    print(chat.url, flush=True)
    sys.stdin.read()
"""


class SlowGitHub(FakeGitHub):
    """Answers every README after a while, and each with other bytes."""

    latency_s = 0.1

    def readme(self, full_name: str) -> Readme | None:
        """Return a README of 20 kB."""
        time.sleep(self.latency_s)
        return Readme(f"# {full_name}\n\nA fast index.\n".encode() * 700)


@contextmanager
def endpoint(latency_s: float) -> Iterator[str]:
    """Run a model endpoint in another process for the block and yield its URL."""
    process = subprocess.Popen(
        [sys.executable, "-c", _ENDPOINT, str(latency_s)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process.stdout.readline().strip() if process.stdout else ""
    finally:
        process.kill()
        process.wait()


def prepared(count: int, latency_s: float, url: str) -> World:
    """Return a live run whose repositories have their metadata."""
    world = new_world("BENCH", dry=False, top=count, max_analyses=2000)
    github = SlowGitHub(FakeRecorder(), {"vector": [f"o/repo-{n}" for n in range(count)]})
    github.latency_s = latency_s
    github.page_size = 100
    model = ChatModel(ChatSettings(url, "bench"), world.recorder)
    world.sources = Sources("bench", github, model)
    world.steps("github_search_pass1", "hydrate_repo_metadata")
    return world


def measure(world: World, step: str, count: int, latency_s: float) -> None:
    """Run a step and print its wall time beside the ideal, and the process's memory at its most."""
    ideal_s = count * latency_s / concurrency()
    started_s = time.perf_counter()
    world.step(step)
    wall_s = time.perf_counter() - started_s
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(
        f"{step:<20}{count:>6}{ideal_s:>10.2f}{wall_s:>10.2f}{wall_s / ideal_s:>8.2f}"
        f"{peak_mb:>10.1f}\n"
    )


def main() -> None:
    """Print one line for the READMEs and one for the analyses."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    latency_s = float(sys.argv[2]) / 1000 if len(sys.argv) > 2 else 0.1
    sys.stdout.write(f"{concurrency()} at a time, {latency_s * 1000:g} ms each\n")
    header = f"{'step':<20}{'count':>6}{'ideal s':>10}{'wall s':>10}{'ratio':>8}{'RSS MB':>10}\n"
    sys.stdout.write(header)
    with tempfile.TemporaryDirectory() as folder, endpoint(latency_s) as url:
        os.environ["SCOUT_DATABASE_URL"] = f"sqlite:///{Path(folder) / 'scout.db'}"
        open_database(load_settings())
        world = prepared(count, latency_s, url)
        measure(world, "hydrate_readme", count, latency_s)
        measure(world, "llm_repo_analysis", count, latency_s)


if __name__ == "__main__":
    main()
