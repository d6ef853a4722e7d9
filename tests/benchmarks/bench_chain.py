"""Steps per second of the recorded chain against a bare Dramatiq pipeline, in one run.

Same Redis, same layout (2 processes × 4 threads), no-op bodies; recorded means steps, audit rows,
JSON log lines and redaction on SQLite on disk. Run: python -m tests.benchmarks.bench_chain

What can be said besides, in the same sitting: with metrics and traces, which a collector takes that
does nothing (`--observed`); with the messages on RabbitMQ (`--rabbitmq`); and without a processor
for each process (`--unpinned`). Runs are created before the clock starts, with `--creation` within.

Wall time says little on a machine that others use; the processors' time that the workers took for
a step is printed beside it.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple
from unittest import mock

from tests.support.otlp import collecting
from tests.support.rabbitmq import running_rabbitmq
from tests.support.servers import postgres_server, redis_server
from tests.support.waiting import wait_until

WARM_UP_RUNS = 20
_BARE = [
    *(sys.executable, "-m", "dramatiq", "tests.benchmarks.bare_chain"),
    *("-p", "2", "-t", "4"),
]
RECORDED = [sys.executable, "-m", "tests.benchmarks.recorded_worker"]


class Kind(NamedTuple):
    """One way to do the chain, in 2 processes × 4 threads.

    The bare one is under Dramatiq's command, the others are as `scout worker` starts them, with
    JSON lines through their parent.
    """

    name: str
    command: list[str]
    environ: dict[str, str]
    #: What it is compared with.
    base: str = "bare"


def main() -> None:
    """Measure all kinds in alternation and print the ratios of the best rounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--postgres", action="store_true", help="record on PostgreSQL")
    parser.add_argument("--creation", action="store_true", help="create runs within the clock")
    parser.add_argument("--observed", action="store_true", help="also with metrics and traces")
    parser.add_argument("--rabbitmq", action="store_true", help="also with messages on RabbitMQ")
    parser.add_argument("--unpinned", action="store_true", help="also where the kernel schedules")
    args = parser.parse_args()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        os.environ["SCOUT_BROKER_URL"] = stack.enter_context(redis_server())
        os.environ["SCOUT_DATABASE_URL"] = (
            stack.enter_context(postgres_server())
            if args.postgres
            else f"sqlite:///{folder / 'bench.db'}"
        )
        kinds = _kinds(args, stack)
        best = {kind.name: Round(0.0, 1.0) for kind in kinds}
        for number in range(1, args.rounds + 1):
            for kind in kinds:
                log = folder / f"{kind.name}.log"
                with mock.patch.dict(os.environ, kind.environ), workers(kind.command, log) as root:
                    if kind.name == "bare":
                        found = _bare(args.runs, root)
                    else:
                        found = _recorded(args.runs, root, creation=args.creation)
                best[kind.name] = max(best[kind.name], found)
                print(f"round {number}  {kind.name:<9} {found}", flush=True)
        for kind in kinds[1:]:
            ratio = best[kind.name].steps_per_s / best[kind.base].steps_per_s
            print(f"ratio of the best rounds, {kind.name} to {kind.base}: {ratio:.2f}")
        print(f"load: {os.getloadavg()[0]:.1f}")


def _kinds(args: argparse.Namespace, stack: contextlib.ExitStack) -> list[Kind]:
    """Return what is to be measured, the bare pipeline first, its servers running."""
    kinds = [Kind("bare", _BARE, {}), Kind("recorded", RECORDED, {})]
    if args.observed:
        environ = {"OTEL_EXPORTER_OTLP_ENDPOINT": stack.enter_context(_collector())}
        kinds.append(Kind("observed", [*RECORDED, "--metrics"], environ, "recorded"))
    if args.rabbitmq:
        url = stack.enter_context(running_rabbitmq()).url
        kinds.append(Kind("rabbitmq", RECORDED, {"SCOUT_BROKER_URL": url}))
    if args.unpinned:
        kinds.append(Kind("unpinned", [*RECORDED, "--unpinned"], {}))
    return kinds


class Round(NamedTuple):
    """How fast one round was."""

    steps_per_s: float
    cpu_ms_per_step: float

    def __str__(self) -> str:
        return f"{self.steps_per_s:7.0f} steps/s {self.cpu_ms_per_step:6.3f} ms of CPU a step"


class _Watch:
    """Measures wall time, and the processors' time of a tree of processes, from its creation."""

    def __init__(self, root: int) -> None:
        self._root = root
        self._cpu_s = _cpu_s(root)
        self._started_s = time.monotonic()

    def round(self, steps: int) -> Round:
        """Return what was measured, for so many steps."""
        wall_s = time.monotonic() - self._started_s
        return Round(steps / wall_s, (_cpu_s(self._root) - self._cpu_s) * 1000 / steps)


def _cpu_s(root: int) -> float:
    """Return the processors' time that a process and those that it started have used."""
    parents: dict[int, int] = {}
    ticks: dict[int, int] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = path.read_text().rpartition(")")[2].split()
            pid = int(path.parent.name)
            parents[pid], ticks[pid] = int(fields[1]), int(fields[11]) + int(fields[12])

    def is_ours(pid: int) -> bool:
        while pid not in {0, root}:
            pid = parents.get(pid, 0)
        return pid == root

    return sum(ticks[pid] for pid in ticks if is_ours(pid)) / os.sysconf("SC_CLK_TCK")


def _bare(runs: int, root: int) -> Round:
    from tests.benchmarks import bare_chain

    client = bare_chain.broker.client

    def done(count: int) -> Callable[[], bool]:
        return lambda: int(client.get(bare_chain.DONE_KEY) or 0) >= count

    client.delete(bare_chain.DONE_KEY)
    for number in range(WARM_UP_RUNS):
        bare_chain.start(str(number))
    wait_until("the warm-up", done(WARM_UP_RUNS), 60)
    watch = _Watch(root)
    for number in range(runs):
        bare_chain.start(str(number))
    wait_until("all pipelines", done(WARM_UP_RUNS + runs), 300)
    return watch.round(runs * 10)


def _recorded(runs: int, root: int, *, creation: bool = False) -> Round:
    from models.database.connection import database
    from models.database.migrate import open_database
    from models.lifecycle import create_run
    from models.settings.runtime import load_settings
    from tests.benchmarks import recorded_chain

    open_database(load_settings())
    broker = recorded_chain.build(load_settings())

    def unfinished() -> int:
        sql = "SELECT count(*) FROM runs WHERE status IN ('queued', 'running')"
        return int(database().execute(sql).fetchone()[0])

    def create(count: int) -> list[str]:
        args = {"query": "bench", "dry": True}
        return [create_run(args, broker=load_settings().broker_kind) for _ in range(count)]

    recorded_chain.send(broker, create(WARM_UP_RUNS))
    wait_until("the warm-up", lambda: unfinished() == 0, 60)
    run_ids = [] if creation else create(runs)
    watch = _Watch(root)
    if creation:
        for _ in range(runs):
            recorded_chain.send(broker, create(1))
    recorded_chain.send(broker, run_ids)
    wait_until("all runs", lambda: unfinished() == 0, 300)
    return watch.round(runs * 10)


@contextlib.contextmanager
def _collector() -> Iterator[str]:
    """Run a collector of traces that throws them away, and yield its URL."""
    with collecting() as collector:
        collector.take = lambda body: None  # type: ignore[method-assign]
        yield collector.url


@contextlib.contextmanager
def workers(command: list[str], log: Path) -> Iterator[int]:
    """Run workers for the block and yield the process that they all come from."""
    with log.open("ab") as stream:
        process = subprocess.Popen(command, stdout=stream, stderr=stream)
        try:
            yield process.pid
        finally:
            process.terminate()
            process.wait(60)


if __name__ == "__main__":
    main()
