"""The true state of runs and steps, worked out from rows and the clock alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from models.clock import to_iso
from models.dao.runs import RunRow
from models.dao.steps import StepRow
from models.dao.workers import WorkerRow
from models.statuses import RunStatus, StepStatus
from models.steps import STEP_NAMES
from models.views.run_state import (
    Reading,
    failed_step,
    is_alive,
    live_workers,
    read_run,
    read_step,
    run_duration_ms,
    step_duration_ms,
    time_of_day,
)

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
LIMIT_S = 1800.0


def at(offset_s: float) -> str:
    """Return the stored time some seconds from noon."""
    return to_iso(NOON + timedelta(seconds=offset_s))


NOW = at(0)

RUN = RunRow(
    run_id="R1", command="run", status=RunStatus.RUNNING, args_json="{}", git_sha=None,
    config_hash="c", broker="redis", parent_run_id=None, created_at=at(-200), started_at=at(-199),
    finished_at=None, stats_json=None, error=None,
)  # fmt: skip
PENDING = StepRow(
    step_id="R1-06", run_id="R1", name="llm_repo_analysis", position=6, status=StepStatus.PENDING,
    attempt=0, tries=0, interruptions=0, due_at=None, enqueued_at=None, started_at=None,
    finished_at=None, lease_expires_at=None, worker=None, progress_json=None, stats_json=None,
    error_type=None, error_message=None,
)  # fmt: skip
RUNNING = replace(
    PENDING, status=StepStatus.RUNNING, attempt=1, due_at=at(-100), started_at=at(-100),
    lease_expires_at=at(10), worker="host:1:ab",
)  # fmt: skip


def steps(*changed: StepRow) -> list[StepRow]:
    """Return the ten steps of a run: those given, successes before them, pending ones after."""
    by_name = {step.name: step for step in changed}
    first = min(step.position for step in changed)
    return [
        by_name.get(name)
        or replace(
            PENDING,
            name=name,
            position=position,
            status=StepStatus.SUCCESS if position < first else StepStatus.PENDING,
        )
        for position, name in enumerate(STEP_NAMES, start=1)
    ]


def reading(step: StepRow, workers: int = 1, run: RunRow = RUN) -> Reading:
    """Return the reading of a run that stands at `step`."""
    return read_run(run, steps(step), workers, NOW, LIMIT_S)


def test_a_step_whose_lease_holds_is_running() -> None:
    assert reading(RUNNING) == Reading(
        "running", "llm_repo_analysis on host:1:ab", "llm_repo_analysis"
    )


def test_progress_is_told_while_a_step_is_running() -> None:
    step = replace(RUNNING, progress_json='{"done":3,"total":50}')
    assert "llm_repo_analysis 3/50 on" in reading(step).text


def test_an_expired_lease_is_stalled_and_says_since_when_and_who() -> None:
    """The row says running; with nobody renewing the lease that is not true."""
    result = reading(replace(RUNNING, lease_expires_at=at(-94)), workers=0)
    assert result.stalled
    assert result.text == ("lease expired 94 s ago, llm_repo_analysis was on host:1:ab, 0 workers")


def test_a_step_over_its_limit_is_overdue_while_it_runs() -> None:
    result = reading(replace(RUNNING, started_at=at(-LIMIT_S - 100)))
    assert result.state == "overdue"
    assert result.text == "llm_repo_analysis runs for 1900 s, its limit is 1800 s"


def test_an_expired_lease_weighs_more_than_an_overrun_limit() -> None:
    step = replace(RUNNING, started_at=at(-LIMIT_S - 100), lease_expires_at=at(-1))
    assert reading(step).state == "stalled"


def test_a_due_step_that_nobody_takes_is_stalled() -> None:
    result = reading(replace(PENDING, due_at=at(-60)), workers=0)
    assert result == Reading(
        "stalled",
        f"waiting for llm_repo_analysis since {time_of_day(at(-60))}, 0 workers",
        "llm_repo_analysis",
    )


def test_a_deadline_that_nobody_noticed_is_told() -> None:
    late = reading(replace(PENDING, due_at=at(-60)), 0, replace(RUN, deadline_at=at(-90)))
    assert late.text.endswith(", 0 workers; its deadline passed 90 s ago")
    assert "deadline" not in reading(RUNNING, run=replace(RUN, deadline_at=at(90))).text


@pytest.mark.parametrize(
    ("late_s", "workers", "state"),
    [(1, 0, "running"), (10, 0, "running"), (11, 0, "stalled"), (11, 2, "waiting")],
)
def test_between_two_steps_there_is_some_patience(late_s: float, workers: int, state: str) -> None:
    assert reading(replace(PENDING, due_at=at(-late_s)), workers).state == state


def test_a_step_that_will_be_tried_again_says_when_and_why() -> None:
    step = replace(
        PENDING, due_at=at(7), tries=1, attempt=1, error_type="TransientError",
        error_message="HTTP 403 rate limit",
    )  # fmt: skip
    assert reading(step) == Reading(
        "retrying",
        f"llm_repo_analysis: 1 try failed, next try {time_of_day(at(7))}, "
        "last error: TransientError: HTTP 403 rate limit",
        "llm_repo_analysis",
    )


def test_a_run_that_nobody_has_started_is_queued_and_later_stalled() -> None:
    first = replace(PENDING, name="init_run", position=1)
    queued = replace(RUN, status=RunStatus.QUEUED, started_at=None)
    assert reading(replace(first, due_at=at(-2)), 0, queued).state == "queued"
    assert reading(replace(first, due_at=at(-20)), 0, queued).state == "stalled"


def test_a_run_without_a_running_or_due_step_is_stalled() -> None:
    assert reading(PENDING).text == "no step is running and none is due"


@pytest.mark.parametrize("status", ["success", "failed", "cancelled"])
def test_a_run_that_ended_is_what_its_row_says(status: str) -> None:
    """Even with an expired lease left on a step: a terminal state is never doubted."""
    ended = replace(RUN, status=RunStatus(status))
    assert reading(replace(RUNNING, lease_expires_at=at(-94)), 0, ended) == Reading(status)


def test_the_failed_step_of_a_failed_run_is_named() -> None:
    failed = replace(RUNNING, status=StepStatus.FAILED)
    assert reading(failed, run=replace(RUN, status=RunStatus.FAILED)).step == "llm_repo_analysis"
    assert failed_step(steps(failed)) == failed
    assert failed_step(steps(RUNNING)) is None


@pytest.mark.parametrize("status", ["success", "skipped", "cancelled", "pending"])
def test_a_step_with_nothing_due_reads_as_its_status(status: str) -> None:
    assert read_step(replace(PENDING, status=StepStatus(status)), 0, NOW, LIMIT_S).state == status


def test_a_worker_is_alive_for_three_heartbeats() -> None:
    worker = WorkerRow("w", "h", 1, "redis", 8, at(-99), at(-14.9))
    gone = replace(worker, heartbeat_at=at(-15))
    assert is_alive(worker, NOW)
    assert not is_alive(gone, NOW)
    other = replace(worker, broker="memory")
    assert live_workers([worker, gone, other], NOW) == 2
    assert live_workers([worker, gone, other], NOW, "redis") == 1


def test_durations_are_never_negative() -> None:
    """Clocks step backwards."""
    assert run_duration_ms(replace(RUN, finished_at=at(-300)), NOW) == 0.0
    assert run_duration_ms(RUN, NOW) == 199_000.0
    assert run_duration_ms(replace(RUN, started_at=None), NOW) is None


def test_a_steps_measured_duration_is_preferred() -> None:
    done = replace(RUNNING, status=StepStatus.SUCCESS, finished_at=at(-50))
    assert step_duration_ms(done, NOW) == 50_000.0
    assert step_duration_ms(replace(done, stats_json='{"duration_ms":49.5}'), NOW) == 49.5
    assert step_duration_ms(RUNNING, NOW) == 100_000.0
    assert step_duration_ms(PENDING, NOW) is None
    waiting_again = replace(PENDING, started_at=at(-100))
    assert step_duration_ms(waiting_again, NOW) is None
