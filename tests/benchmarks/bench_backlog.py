"""A backlog: when its runs end, what is sent again meanwhile, and how soon an idle worker begins.

On SQLite and Redis: no-op bodies in 2 processes × 4 threads, or with `--real` dry runs in as many
as are asked for. All messages are sent at once. Run: python -m tests.benchmarks.bench_backlog
"""

from __future__ import annotations

import argparse
import contextlib
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import dramatiq

from models.clock import from_iso
from models.database.connection import database
from models.database.migrate import open_database
from models.lifecycle import create_run
from models.settings.runtime import load_settings
from tests.benchmarks import recorded_chain
from tests.benchmarks.bench_chain import RECORDED, workers
from tests.support.servers import redis_server
from tests.support.waiting import wait_until

WARM_UP_RUNS = 8
IDLE_RUNS = 10


def main() -> None:
    """Measure the backlog, then runs that come one by one, and print what was seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=2000)
    parser.add_argument("--real", action="store_true", help="dry runs instead of no-op bodies")
    parser.add_argument("--processes", type=int, default=2, help="of dry runs")
    parser.add_argument("--threads", type=int, default=4, help="of dry runs, in each process")
    args = parser.parse_args()
    processes, threads = str(args.processes), str(args.threads)
    command = [sys.executable, "-m", "cli.main", "worker"]
    command = [*command, "--processes", processes, "--threads", threads] if args.real else RECORDED
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        os.environ["SCOUT_BROKER_URL"] = stack.enter_context(redis_server())
        os.environ["SCOUT_DATABASE_URL"] = f"sqlite:///{folder / 'bench.db'}"
        open_database(load_settings())
        broker = recorded_chain.build(load_settings())
        log = folder / "workers.log"
        stack.enter_context(workers(command, log))
        many = args.processes if args.real else 2
        wait_until("the workers", lambda: log.read_text().count("worker.ready") >= many, 60)
        warm_up = _created(WARM_UP_RUNS, folder)
        recorded_chain.send(broker, warm_up)
        _done(warm_up)
        _measure_backlog(broker, args.runs, folder, log)
        _measure_pickup(broker, folder)
        print(f"load: {os.getloadavg()[0]:.1f}")


def _measure_backlog(broker: dramatiq.Broker, runs: int, folder: Path, log: Path) -> None:
    run_ids = _created(runs, folder)
    begun_s = time.time()
    recorded_chain.send(broker, run_ids)
    sent_s = time.time() - begun_s
    _done(run_ids)
    ends = sorted(_moment(run_id, "finished_at") - begun_s for run_id in run_ids)
    sql = "SELECT count(*) FROM audit_log WHERE event = 'step.duplicate_delivery'"
    again = log.read_text().count('"event":"recovery.')
    print(f"{runs} runs, sent in {sent_s:.2f} s; ended after s:", end=" ")
    print(f"first {ends[0]:.2f}, median {statistics.median(ends):.2f}, last {ends[-1]:.2f}")
    print(f"lines of recovery: {again}, duplicates: {database().execute(sql).fetchone()[0]}")


def _measure_pickup(broker: dramatiq.Broker, folder: Path) -> None:
    waits_ms = []
    for _ in range(IDLE_RUNS):
        time.sleep(1.5)  # the workers have nothing to do for so long
        (run_id,) = run_ids = _created(1, folder)
        sent_s = time.time()
        recorded_chain.send(broker, run_ids)
        _done(run_ids)
        waits_ms.append((_moment(run_id, "started_at") - sent_s) * 1000)
    print("idle pickup, ms:", *(f"{wait:.0f}" for wait in sorted(waits_ms)))


def _created(runs: int, folder: Path) -> list[str]:
    args = {"query": "vector database", "dry": True, "out": str(folder / "out")}
    return [create_run(args) for _ in range(runs)]


def _done(run_ids: list[str]) -> None:
    """Wait until runs have ended, the last of which is created last."""
    sql = "SELECT count(*) FROM runs WHERE status IN ('queued', 'running') AND run_id >= ?"

    def are_done() -> bool:
        return bool(database().execute(sql, (run_ids[0],)).fetchone()[0] == 0)

    wait_until("the runs", are_done, 600)


def _moment(run_id: str, column: str) -> float:
    sql = f"SELECT {column} FROM runs WHERE run_id = ?"
    return from_iso(database().execute(sql, (run_id,)).fetchone()[0]).timestamp()


if __name__ == "__main__":
    main()
