"""Reads that only the command line needs; everything here is a SELECT."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from models.clock import Clock
from models.dao.runs import RunRow
from models.dao.steps import StepRow, StepsDao
from models.database import current
from models.jsontext import loads
from models.readings import Reading, WorkerRow, live_workers, read_run
from models.settings import Settings

_PAGE = 500


@dataclass(frozen=True, slots=True)
class AuditRow:
    """A row of `audit_log`, its data decoded."""

    id: int
    ts: str
    level: str
    run_id: str | None
    step_id: str | None
    scope: str
    event: str
    message: str
    data: dict[str, Any]

    @property
    def step(self) -> str | None:
        """Return the canonical step that the row is about, or None."""
        return self.scope if self.step_id else None

    @property
    def attempt(self) -> int | None:
        """Return the attempt that the row is about, or None."""
        value = self.data.get("attempt")
        return value if isinstance(value, int) else None


@dataclass(frozen=True, slots=True)
class RunView:
    """A run with its steps and its true state at one moment."""

    run: RunRow
    steps: list[StepRow]
    workers: int
    now: str
    reading: Reading


def audit_rows(run_id: str, after_id: int = 0) -> Iterator[AuditRow]:
    """Return the audit rows of a run with a greater id, in order, a page at a time."""
    sql = (
        "SELECT id, ts, level, run_id, step_id, scope, event, message, data_json FROM audit_log"
        " WHERE run_id = ? AND id > ? ORDER BY id LIMIT ?"
    )
    while True:
        page = current().execute(sql, (run_id, after_id, _PAGE)).fetchall()
        for *columns, data_json in page:
            yield AuditRow(*columns, data=_object(data_json))  # type: ignore[misc]
        if len(page) < _PAGE:
            return
        after_id = page[-1][0]


def worker_rows() -> list[WorkerRow]:
    """Return every worker process that is on record, the newest sign of life first."""
    sql = (
        "SELECT worker, host, pid, broker, threads, started_at, heartbeat_at FROM workers"
        " ORDER BY heartbeat_at DESC, worker"
    )
    return [WorkerRow(*row) for row in current().execute(sql).fetchall()]


def view_run(run: RunRow, settings: Settings, workers: list[WorkerRow] | None = None) -> RunView:
    """Return a run with its steps and its true state now."""
    now = Clock().now_iso()
    rows = worker_rows() if workers is None else workers
    alive = live_workers(rows, now, run.broker)
    steps = StepsDao.of_run(run.run_id)
    reading = read_run(run, steps, alive, now, settings.step_time_limit_s)
    return RunView(run, steps, alive, now, reading)


def brief_counts(run_id: str) -> dict[str, int]:
    """Return how many briefs of each status a run has, and how many are `written`."""
    sql = (
        "SELECT status, count(*), count(content_json) FROM briefs WHERE run_id = ?"
        " GROUP BY status ORDER BY status"
    )
    rows = current().execute(sql, (run_id,)).fetchall()
    counts = {status: int(count) for status, count, _ in rows}
    return counts | {"written": sum(int(written) for _, _, written in rows)}


def _object(text: str) -> dict[str, Any]:
    value = loads(text)
    return value if isinstance(value, dict) else {"value": value}
