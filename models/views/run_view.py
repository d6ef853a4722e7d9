"""Reads that only the command line needs; everything here is a SELECT."""

from __future__ import annotations

from dataclasses import dataclass

from models.clock import Clock
from models.dao.runs import RunRow
from models.dao.steps import StepRow, StepsDao
from models.database.connection import database
from models.settings.runtime import Settings
from models.views.run_state import Reading, WorkerRow, live_workers, read_run

#: What can come of asking the model for something.
ANSWERED = ("valid", "invalid", "failed")


@dataclass(frozen=True, slots=True)
class RunView:
    """A run with its steps and its true state at one moment."""

    run: RunRow
    steps: list[StepRow]
    workers: int
    now: str
    reading: Reading


def worker_rows() -> list[WorkerRow]:
    """Return every worker process that is on record, the newest sign of life first."""
    sql = (
        "SELECT worker, host, pid, broker, threads, started_at, heartbeat_at FROM workers"
        " ORDER BY heartbeat_at DESC, worker"
    )
    return [WorkerRow(*row) for row in database().execute(sql).fetchall()]


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
    rows = database().execute(sql, (run_id,)).fetchall()
    counts = {status: int(count) for status, count, _ in rows}
    return counts | {"written": sum(int(written) for _, _, written in rows)}


def best_rejected_score(run_id: str) -> float | None:
    """Return the score of a run's best brief that is below --min-score, or None without one."""
    sql = "SELECT max(score) FROM briefs WHERE run_id = ? AND status = 'rejected_by_threshold'"
    (score,) = database().execute(sql, (run_id,)).fetchone()
    return None if score is None else float(score)


@dataclass(frozen=True, slots=True)
class Answers:
    """What came of asking the model about one kind of thing, and why the last bad one was bad."""

    valid: int = 0
    invalid: int = 0
    failed: int = 0
    last_reason: str = ""

    @property
    def asked(self) -> int:
        """Return how many things the model was asked about."""
        return self.valid + self.invalid + self.failed


def analysis_answers(run_id: str) -> Answers:
    """Return what came of a run's analyses, of those that the model was asked for."""
    from models.lifecycle.derivation import NOT_ASKED_AGAIN  # most commands count no answers

    return _answers(
        "SELECT status, error FROM analyses"
        " WHERE run_id = ? AND NOT (status = 'failed' AND error = ?) ORDER BY id",
        run_id,
        NOT_ASKED_AGAIN,
    )


def brief_answers(run_id: str) -> Answers:
    """Return what came of a run's briefs, of those that the model was asked for."""
    return _answers(
        "SELECT CASE WHEN content_json IS NULL THEN status ELSE 'valid' END, error FROM briefs"
        " WHERE run_id = ? ORDER BY rank",
        run_id,
    )


def _answers(sql: str, *params: str) -> Answers:
    rows = database().execute(sql, params).fetchall()
    count = {status: sum(one == status for one, _ in rows) for status in ANSWERED}
    reasons = [reason for status, reason in rows if status in ANSWERED[1:] and reason]
    return Answers(**count, last_reason=reasons[-1] if reasons else "")


@dataclass(frozen=True, slots=True)
class ModelUse:
    """What a run has spent on its language model; the cost is None where nobody told it."""

    requests: int
    tokens: int
    cost_usd: float | None
    estimated: bool


def model_use(run_id: str) -> ModelUse | None:
    """Return what a run has spent on its language model, or None where it asked none."""
    sql = (
        "SELECT sum(requests), sum(prompt_tokens + completion_tokens), sum(cost_usd),"
        " max(CASE WHEN estimated THEN 1 ELSE 0 END) FROM llm_usage WHERE run_id = ?"
    )
    requests, tokens, cost_usd, estimated = database().execute(sql, (run_id,)).fetchone()
    if not requests:
        return None
    cost_usd = None if cost_usd is None else float(cost_usd)
    return ModelUse(int(requests), int(tokens), cost_usd, bool(estimated))
