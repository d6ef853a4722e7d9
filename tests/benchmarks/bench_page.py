"""What the page costs: the first screen, a run of 1,000 records, and 200 who watch.

    python -m tests.benchmarks.bench_page [RUNS] [WATCHERS]

It fills the database of SCOUT_DATABASE_URL, which must be empty, as `long_history` does; one that
was filled before is only added to. It starts `scout web` and says how much processor time the
server took: for a page, the best of five, and in each second in which all watch while a run goes
on. Half of them watch that run, the others the first screen.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from http.client import HTTPConnection

import psutil

from models.dao.runs import RunsDao
from models.database.connection import Database
from models.database.migrate import open_database
from models.lifecycle import finish_claim
from models.settings.runtime import load_settings
from models.steps import STEP_NAMES
from tests.benchmarks.long_history import fill
from tests.support.web import Served, served
from tests.support.worlds import claim, new_run

_RECORDS = 1_000
_WATCH_S = 10.0


def page_costs(server: Served, what: str, path: str) -> None:
    """Say what a page costs, asked for often enough that nothing is kept from the last time."""
    process, costs, walls = psutil.Process(server.process.pid), [], []
    for _ in range(6):
        time.sleep(1.1)
        before, began_s = cpu_s(process), time.perf_counter()
        connection = HTTPConnection("127.0.0.1", server.port, timeout=30)
        connection.request("GET", path)
        size = len(connection.getresponse().read())
        walls.append(time.perf_counter() - began_s)
        costs.append(cpu_s(process) - before)
    cost = f"{min(costs[1:]) * 1000:4.0f} ms of the processor, {min(walls[1:]) * 1000:4.0f} ms"
    print(f"{what:<34} {cost}, at first {walls[0] * 1000:.0f} ms; {size / 1000:.0f} kB")


def cpu_s(process: psutil.Process) -> float:
    """Return the processor time that a process has taken."""
    times = process.cpu_times()
    return float(times.user + times.system)


async def watch(server: Served, path: str, got: list[int]) -> None:
    """Watch a page; count the events."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    await writer.drain()
    number = len(got)
    got.append(0)
    while line := await reader.readline():
        got[number] += line.startswith(b"event: regions")


async def all_watch(server: Served, run_id: str, watchers: int, work: Callable[[], None]) -> None:
    """Have everybody watch while a run goes on, and say what that costs in a second."""
    process, got = psutil.Process(server.process.pid), list[int]()
    paths = [f"/runs/{run_id}/stream", "/stream"]
    tasks = [
        asyncio.create_task(watch(server, paths[number % 2], got)) for number in range(watchers)
    ]
    while len(got) < watchers or not all(got):
        await asyncio.sleep(0.05)
    before, began_s = cpu_s(process), time.monotonic()
    while time.monotonic() - began_s < _WATCH_S:
        await asyncio.to_thread(work)
        await asyncio.sleep(_WATCH_S / len(STEP_NAMES))
    share = (cpu_s(process) - before) / (time.monotonic() - began_s)
    memory = process.memory_info().rss / 1e6
    print(
        f"{watchers} watch, {min(got)} to {max(got)} events each:"
        f" {share * 100:.0f} % of a processor, {memory:.0f} MB"
    )
    for task in tasks:
        task.cancel()


def many_records(database: Database, run_id: str) -> None:
    """Add records like its newest one to a run until it has enough."""
    count = "SELECT count(*) FROM audit_log WHERE run_id = ?"
    for _ in range(_RECORDS - database.execute(count, (run_id,)).fetchone()[0]):
        database.execute(
            "INSERT INTO audit_log (ts, level, run_id, scope, event, message, data_json)"
            " SELECT ts, level, run_id, scope, event, message, data_json FROM audit_log"
            " WHERE id = (SELECT max(id) FROM audit_log WHERE run_id = ?)",
            (run_id,),
        )


def main() -> None:
    """Fill the database if it is empty, and measure."""
    runs, watchers = (int(text) for text in (*sys.argv[1:3], "10000", "200")[:2])
    database = open_database(load_settings())
    if not RunsDao.list(limit=1):
        fill(database, runs, runs * _RECORDS // 10)
    large = RunsDao.list(limit=1)[0].run_id
    many_records(database, large)
    live = new_run("watched by many")
    left = iter(STEP_NAMES)

    def work() -> None:
        name = next(left, None)
        if name:
            finish_claim(claim(live, name), {})

    with served() as server:
        page_costs(server, f"first screen, {runs:,} runs", "/")
        page_costs(server, f"a run of {_RECORDS:,} records", f"/runs/{large}")
        page_costs(server, "the list of runs", "/runs")
        asyncio.run(all_watch(server, live, watchers, work))


if __name__ == "__main__":
    main()
