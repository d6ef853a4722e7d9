"""Runs built through the public transitions, and what tests ask of their rows."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from models.clock import Clock
from models.dao import RunRow, RunsDao, StepRow, StepsDao
from models.database.connection import Database, database
from models.lifecycle import Claim, Refusal, claim_step, create_run, finish_claim
from models.steps import STEP_NAMES

LEASE_S = 15.0
WORKER = "host:7:ab"


@dataclass(frozen=True)
class Audit:
    """A row of the audit log."""

    event: str
    level: str
    scope: str
    step_id: str | None
    message: str
    data: dict[str, Any]
    ts: str


def new_run(clock: Clock | None = None, *, broker: str = "redis", **args: Any) -> str:
    """Create a dry run and return its id."""
    return create_run({"query": "vector database", "dry": True} | args, broker=broker, clock=clock)


def claimed(run_id: str, name: str, clock: Clock | None = None, *, worker: str = WORKER) -> Claim:
    """Claim a step, which must succeed."""
    claim = claim_step(run_id, name, worker=worker, lease_s=LEASE_S, clock=clock)
    assert isinstance(claim, Claim), claim
    return claim


def refused(run_id: str, name: str, clock: Clock | None = None) -> str:
    """Try to claim a step, which must be refused, and return the reason."""
    refusal = claim_step(run_id, name, worker="other:8:cd", lease_s=LEASE_S, clock=clock)
    assert isinstance(refusal, Refusal), refusal
    return refusal.reason


def done(run_id: str, clock: Clock | None = None, *, steps: int = len(STEP_NAMES)) -> None:
    """Claim and finish the first steps of a run."""
    for name in STEP_NAMES[:steps]:
        finish_claim(claimed(run_id, name, clock), {}, clock=clock)


def run_of(run_id: str) -> RunRow:
    """Return a run's row."""
    return RunsDao.get(run_id)


def step_of(run_id: str, name: str) -> StepRow:
    """Return a step's row."""
    (row,) = [row for row in StepsDao.of_run(run_id) if row.name == name]
    return row


def statuses(run_id: str) -> list[str]:
    """Return the statuses of a run's steps in canonical order."""
    return [row.status for row in StepsDao.of_run(run_id)]


def audits(run_id: str | None = None, event: str | None = None) -> list[Audit]:
    """Return the audit rows in the order in which they were written."""
    which = {"run_id": run_id, "event": event}
    asked = {column: value for column, value in which.items() if value is not None}
    rows = database().execute(
        "SELECT event, level, scope, step_id, message, data_json, ts FROM audit_log"
        f" WHERE {' AND '.join(['1 = 1', *(f'{column} = ?' for column in asked)])} ORDER BY id",
        tuple(asked.values()),
    ).fetchall()  # fmt: skip
    return [
        Audit(name, level, scope, step_id, message, json.loads(data), ts)
        for name, level, scope, step_id, message, data, ts in rows
    ]


def events(run_id: str) -> list[str]:
    """Return the names of a run's audit events in order."""
    return [audit.event for audit in audits(run_id)]


def everything(database: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of the machinery, to see that nothing changed."""
    return {
        table: database.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall()
        for table in ("runs", "run_steps", "audit_log")
    }
