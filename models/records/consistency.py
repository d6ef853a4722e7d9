"""Do a run's rows, its audit log and, where there is one, the log file tell the same story?"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from glob import escape
from pathlib import Path
from typing import Any

from models.dao.audit import AuditDao
from models.dao.runs import RunsDao
from models.dao.steps import StepRow, StepsDao
from models.events import Event
from models.records.broken_rows import broken_rows_of_run
from models.statuses import RunStatus, StepStatus

_ENDS = (
    Event.STEP_FINISHED,
    Event.STEP_FAILED,
    Event.STEP_RETRYING,
    Event.STEP_INTERRUPTED,
    Event.STEP_POSTPONED,
)
_RUN_END = {
    RunStatus.SUCCESS: Event.RUN_FINISHED,
    RunStatus.FAILED: Event.RUN_FAILED,
    RunStatus.CANCELLED: Event.RUN_CANCELLED,
}


def contradictions(run_id: str) -> list[str]:
    """Return what `run_steps` and `audit_log` of a run disagree on, as sentences.

    Each row must hold JSON where Scout wrote some, or no more is compared. Each attempt must have
    one start and at most one end, each finished step one `step.finished` of its last attempt with
    the same duration, and an ended run one end.
    """
    run = RunsDao.get(run_id)
    if broken := broken_rows_of_run(run_id):
        return broken
    rows = list(AuditDao.of_run(run_id))
    found: list[str] = []
    for step in StepsDao.of_run(run_id):
        found += _step_contradictions(
            step, [(row.event, row.data) for row in rows if row.scope == step.name]
        )
    counts = Counter(row.event for row in rows if row.scope == "run")
    expected = _RUN_END.get(run.status)
    if expected and counts[expected] < 1:
        found.append(f"the run is {run.status}, but {expected} was never audited")
    if counts[Event.RUN_CREATED] != 1:
        found.append(f"run.created was audited {counts[Event.RUN_CREATED]} times")
    endings = sum(counts[event] for event in _RUN_END.values())
    if endings > 1 + counts[Event.RUN_RESUMED]:
        resumed = counts[Event.RUN_RESUMED]
        found.append(f"the run ended {endings} times, but was resumed {resumed} times")
    return found


def log_contradictions(run_id: str, lines: Iterable[str]) -> list[str]:
    """Return where a log's lines and the audit log of a run disagree, as sentences.

    A line is written after its commit, so a killed process may leave its last ones out.
    """
    logged: Counter[tuple[str, str, int]] = Counter()
    durations: dict[tuple[str, int], float] = {}
    for line in _of_run(lines, run_id):
        key = (str(line.get("step")), str(line.get("event")), int(line.get("attempt") or 0))
        logged[key] += 1
        if line.get("event") == Event.STEP_FINISHED:
            durations[key[0], key[2]] = float(line.get("duration_ms") or 0.0)
    found: list[str] = []
    for row in AuditDao.of_run(run_id):
        scope, event = row.scope, row.event
        key = (scope, event, row.attempt or 0)
        if event not in {Event.STEP_STARTED, Event.STEP_FINISHED, Event.STEP_FAILED}:
            continue
        if logged[key] != 1:
            found.append(f"{scope}, attempt {key[2]}: {logged[key]} log lines for {event}")
        elif event == Event.STEP_FINISHED and durations[scope, key[2]] != row.data.get(
            "duration_ms"
        ):
            found.append(f"{scope}, attempt {key[2]}: the log line has another duration")
    return found


def log_lines(log_file: Path) -> Iterator[str]:
    """Yield the lines of a log file and of its rotated predecessors, oldest first."""
    rotated = sorted(
        log_file.parent.glob(escape(log_file.name) + ".[0-9]*"),
        key=lambda path: -int(path.suffix[1:]) if path.suffix[1:].isdigit() else 0,
    )
    for path in [*rotated, log_file]:
        if path.exists():
            with path.open(encoding="utf-8", errors="replace") as stream:
                yield from stream


def _step_contradictions(step: StepRow, events: list[tuple[str, dict[str, Any]]]) -> list[str]:
    found: list[str] = []
    starts = Counter(data.get("attempt") for event, data in events if event == Event.STEP_STARTED)
    ends = Counter(  # a step may fail before an attempt: its run was late
        data["attempt"] for event, data in events if event in _ENDS and "attempt" in data
    )
    if sum(starts.values()) != step.attempt:
        found.append(
            f"{step.name}: attempt is {step.attempt}, but {sum(starts.values())} were started"
        )
    found += [
        f"{step.name}: attempt {attempt} was started {count} times"
        for attempt, count in starts.items()
        if count != 1
    ]
    found += [
        f"{step.name}: attempt {attempt} ended without having been started"
        for attempt in ends
        if attempt not in starts
    ]
    finished = [data for event, data in events if event == Event.STEP_FINISHED]
    if step.status is StepStatus.SUCCESS:
        last = [data for data in finished if data.get("attempt") == step.attempt]
        if len(last) != 1:
            found.append(f"{step.name}: its last attempt was finished {len(last)} times")
        elif last[0].get("duration_ms") != step.stats.get("duration_ms"):
            found.append(f"{step.name}: row and audit have different durations")
    if step.status is StepStatus.FAILED and not any(
        event == Event.STEP_FAILED for event, _ in events
    ):
        found.append(f"{step.name}: it is failed, but step.failed was never audited")
    return found


def _of_run(lines: Iterable[str], run_id: str) -> Iterator[dict[str, Any]]:
    for line in lines:
        if run_id not in line:
            continue
        try:
            value = json.loads(line)
        except ValueError:
            continue
        if isinstance(value, dict) and value.get("run_id") == run_id:
            yield value
