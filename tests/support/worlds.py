"""Runs in every state, built through the lifecycle and nothing else."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from models.clock import Clock
from models.codes import Code
from models.dao.workers import HeldStep, WorkerRow, WorkersDao, encode_held
from models.database.connection import database
from models.lifecycle import (
    Claim,
    claim_step,
    create_run,
    expire_leases,
    fail_step,
    finish_claim,
)
from models.lifecycle.crash_count import MAX_ALONE
from models.steps import STEP_NAMES

WORKER = "testhost:4242:beef"


class PastClock(Clock):
    """A clock that stands still some seconds ago until it is moved."""

    def __init__(self, ago_s: float = 0.0) -> None:
        self.moment = datetime.now(UTC) - timedelta(seconds=ago_s)

    def now_s(self) -> float:
        return self.moment.timestamp()

    def monotonic_s(self) -> float:
        return self.moment.timestamp()

    def pass_s(self, seconds: float) -> None:
        """Let time go by."""
        self.moment += timedelta(seconds=seconds)


def new_run(query: str = "vector database", clock: Clock | None = None, **options: Any) -> str:
    """Create a queued dry run."""
    broker = options.pop("broker", "memory")
    args = {"query": query, "dry": True, **options}
    return create_run(args, broker=broker, clock=clock)


def claim(run_id: str, step: str, clock: Clock | None = None, lease_s: float = 60.0) -> Claim:
    """Claim a due step."""
    claimed = claim_step(run_id, step, worker=WORKER, lease_s=lease_s, clock=clock)
    assert isinstance(claimed, Claim), claimed
    return claimed


def finish_until(
    run_id: str,
    step: str | None = None,
    clock: Clock | None = None,
    stats: Mapping[str, Any] | None = None,
    without: Collection[str] = (),
    stats_of: Mapping[str, Mapping[str, Any]] | None = None,
) -> None:
    """Finish every step before `step`, or all, but for those that the run is `without`.

    `stats` are those of every step that has none of its own in `stats_of`.
    """
    for name in STEP_NAMES:
        if name == step:
            return
        if name in without:
            continue
        finish_claim(
            claim(run_id, name, clock), (stats_of or {}).get(name, stats or {}), clock=clock
        )


def successful_run(query: str = "vector database", clock: Clock | None = None) -> str:
    """Make a run whose ten steps succeeded."""
    run_id = new_run(query, clock)
    finish_until(run_id, clock=clock)
    return run_id


def failed_run(
    step: str = "llm_repo_analysis",
    error_type: str = "PermanentError",
    message: str = "It broke.",
    clock: Clock | None = None,
    *,
    code: Code | None = None,
) -> str:
    """Make a run that failed at `step`; its code is by default that of the error's type."""
    run_id = new_run(clock=clock)
    finish_until(run_id, step, clock)
    fail_step(claim(run_id, step, clock), error_type, message, code=code, clock=clock)
    return run_id


def add_worker(broker: str = "redis", ago_s: float = 0.0, holds: str | None = None) -> None:
    """Put a worker process on record that gave a sign of life `ago_s` seconds ago.

    One of its threads may be stuck in the first step of the run that it `holds`.
    """
    clock = Clock()
    at, long_ago = clock.now_iso(-ago_s), clock.now_iso(-5000)
    held = [HeldStep(holds, "init_run", 1, long_ago, long_ago, stuck=True)] if holds else []
    name = f"{WORKER}-{broker}-{ago_s:g}"
    row = WorkerRow(name, "testhost", 4242, broker, 4, at, at, encode_held(held))
    database().transact(lambda: WorkersDao.beat(row))


def add_brief(
    run_id: str, status: str = "shortlisted", content: str | None = "{}", score: float = 0.7
) -> None:
    """Put a brief on record."""
    count = database().execute("SELECT count(*) FROM briefs").fetchone()[0]
    database().execute(
        "INSERT INTO briefs (run_id, group_key, rank, status, score, scoring_policy,"
        " components_json, repos_json, shared_keywords_json, content_json, created_at)"
        " VALUES (?, ?, 1, ?, ?, 'p/1', '{}', '[]', '[]', ?, ?)",
        (run_id, f"a/b c/d{count}", status, score, content, Clock().now_iso()),
    )


def crash_looped_run(**options: Any) -> str:
    """Return a run whose first step was interrupted so often that it was given up."""
    clock = PastClock(36_000)
    run_id = new_run(clock=clock, **options)
    for _ in range(MAX_ALONE):
        claim(run_id, STEP_NAMES[0], clock)
        clock.pass_s(61)
        expire_leases("memory", clock=clock)
        clock.pass_s(61)
    return run_id
