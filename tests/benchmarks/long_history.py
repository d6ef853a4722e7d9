"""A database as it is after 10,000 runs and a million audit rows, and what reading it costs.

    python -m tests.benchmarks.long_history [RUNS] [AUDIT_ROWS]

It fills the database of SCOUT_DATABASE_URL, which must be empty, with rows as live runs leave them,
a run every 30 seconds up to now; one that was filled before is only read. It then says how much
processor time `scout stats` and `scout health` take for their rows, the best of five; on PostgreSQL
also the time by the clock, since the server's own does not count as this process's.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

from models.clock import Clock
from models.dao.runs import RunsDao
from models.database.connection import Database
from models.database.migrate import open_database
from models.settings.runtime import load_settings
from models.steps import STEP_NAMES
from models.views.fleet import view_fleet
from models.views.step_stats import view_stats

EVERY_S = 30.0
_NUMBERS = (
    "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
    "INSERT INTO {table} ({columns}) SELECT {values} FROM n"
)
_DIGEST = '"digest":"0969c65f8957c7841bef55b0a93701534d6b542ccc7896d119b2d712c9164cab"'
_REQUESTS = (
    ',"requests":{"attempt":1,"cache_stored":3,"not_modified":4,"sent":9,"throttle_waits":1,'
    '"throttled":1}'
)
_USAGE = (
    '"usage":{"completion_tokens":6071,"cost_usd":0.01,"estimated":false,"prompt_tokens":20071,'
    '"requests":35}'
)
#: What the stats of a step hold beside the digest and the duration, by its position.
_MORE = {
    **dict.fromkeys((3, 4, 5), _REQUESTS),
    6: f",{_USAGE}",
    8: f',"analyses":{{{_USAGE}}}{_REQUESTS}',
    9: f"{_REQUESTS},{_USAGE}",
}


def fill(database: Database, runs: int, audit_rows: int) -> None:
    """Write the rows; every 50th run failed."""
    clock = Clock()
    with database.write():
        for number in range(runs):
            ended = clock.now_iso(-EVERY_S * number - 60.0)
            started = clock.now_iso(-EVERY_S * number - 80.0)
            run_id = f"01{runs - number:024d}"
            failed = number % 50 == 0
            database.execute(
                "INSERT INTO runs (run_id, command, status, args_json, config_hash, broker,"
                " created_at, started_at, finished_at, stats_json)"
                " VALUES (?, 'run', ?, '{\"query\":\"vector database\"}', 'c', 'redis', ?, ?, ?,"
                " '{}')",
                (run_id, "failed" if failed else "success", started, started, ended),
            )
            _steps(database, run_id, number, failed, started, ended)
    per_run = max(1, audit_rows // runs)
    columns = "ts, level, run_id, step_id, scope, event, message, data_json"
    with database.write():
        for number in reversed(range(runs)):
            values = (
                "?, 'INFO', ?, NULL, 'hydrate_readme', 'repo.readme.fetched',"
                " 'README of owner/name: 4,711 bytes.', '{\"attempt\":1,\"bytes\":4711}'"
            )
            sql = _NUMBERS.format(table="audit_log", columns=columns, values=values)
            at = clock.now_iso(-EVERY_S * number - 70.0)
            database.execute(sql, (per_run - 1, at, f"01{runs - number:024d}"))
    database.execute("ANALYZE")


def _steps(
    database: Database, run_id: str, number: int, failed: bool, started: str, ended: str
) -> None:
    for position, name in enumerate(STEP_NAMES, start=1):
        lost = failed and position == 6
        status = "failed" if lost else "skipped" if failed and position > 6 else "success"
        duration_ms = 5 + (number * 7919 + position * 104729) % 4000 / 10
        database.execute(
            "INSERT INTO run_steps (step_id, run_id, name, position, status, attempt, tries,"
            " interruptions, started_at, finished_at, worker, stats_json, error_code)"
            " VALUES (?, ?, ?, ?, ?, ?, 0, 0, ?, ?, 'host:7:ab', ?, ?)",
            (
                f"{run_id}-{position:02d}",
                *(run_id, name, position, status, 1 + (number % 20 == 0), started, ended),
                f'{{{_DIGEST},"duration_ms":{duration_ms}{_MORE.get(position, "")}}}',
                "github_forbidden" if lost else None,
            ),
        )


def measured(what: str, work: Callable[[], Any]) -> None:
    """Say the least processor time of five calls, and the least time by the clock."""
    cpu, wall = [], []
    for _ in range(5):
        cpu_s, wall_s = time.process_time(), time.perf_counter()
        work()
        cpu.append(time.process_time() - cpu_s)
        wall.append(time.perf_counter() - wall_s)
    print(f"{what:<28} {min(cpu) * 1000:6.0f} ms of the processor, {min(wall) * 1000:6.0f} ms")


def main() -> None:
    """Fill the database if it is empty, and measure."""
    runs, audit_rows = (int(text) for text in (*sys.argv[1:3], "10000", "1000000")[:2])
    settings = load_settings()
    database = open_database(settings)
    if not RunsDao.list(limit=1):
        fill(database, runs, audit_rows)
    day_s = 86_400.0
    for name, since_s in (("an hour", 3600.0), ("a day", day_s), ("everything", 400 * day_s)):
        measured(f"stats of {name}", lambda since_s=since_s: view_stats(since_s))
    measured("fleet, for scout health", lambda: view_fleet(settings))


if __name__ == "__main__":
    main()
