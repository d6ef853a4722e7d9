"""What must be true after a drill, whatever was done to the workers."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from models.dao import AuditDao, RunsDao, StepsDao
from models.events import Event
from models.export_path import export_folder
from models.records.consistency import contradictions
from models.statuses import RunStatus, StepStatus
from models.steps import STEP_NAMES
from tasks.export.digest import export_digest


def run_misses(run_id: str, expected_digest: str) -> list[str]:
    """Return what is wrong with a run that should have ended in success, as sentences."""
    run = RunsDao.get(run_id)
    steps = StepsDao.of_run(run_id)
    misses: list[str] = []
    if run.status is not RunStatus.SUCCESS:
        misses.append(f"the run is {run.status}: {run.error or 'no error'}")
    if [step.name for step in steps] != list(STEP_NAMES):
        misses.append("its steps are not the ten canonical ones")
    misses += [
        f"{step.name} is {step.status}" for step in steps if step.status is not StepStatus.SUCCESS
    ]
    finished = Counter(
        row.scope for row in AuditDao.of_run(run_id) if row.event == Event.STEP_FINISHED
    )
    misses += [f"{name} was finished {n} times" for name, n in finished.items() if n != 1]
    misses += contradictions(run_id)
    if run.status is RunStatus.SUCCESS:
        digest = export_digest(export_folder(run.args["out"], run_id))
        if digest != expected_digest:
            misses.append("its export differs from an undisturbed run's")
    return [f"run {run_id}: {miss}" for miss in misses]


def log_misses(log: Path) -> list[str]:
    """Return the log's lines that are not one JSON object each, as sentences."""
    misses: list[str] = []
    with log.open("rb") as stream:
        for number, line in enumerate(stream, start=1):
            try:
                parsed = json.loads(line)
            except ValueError:
                parsed = None
            if not isinstance(parsed, dict):
                misses.append(f"log line {number} is not JSON: {line[:80]!r}")
    return misses


def finished(run_ids: list[str]) -> int:
    """Return how many steps of the runs have ended well."""
    return sum(AuditDao.count(run_id, Event.STEP_FINISHED) for run_id in run_ids)


def history(run_ids: list[str]) -> dict[str, int]:
    """Return how many attempts the runs took, and how many of them were interrupted."""
    attempts = interrupted = 0
    for run_id in run_ids:
        attempts += sum(step.attempt for step in StepsDao.of_run(run_id))
        interrupted += AuditDao.count(run_id, Event.STEP_INTERRUPTED)
    return {"attempts": attempts, "interrupted": interrupted}
