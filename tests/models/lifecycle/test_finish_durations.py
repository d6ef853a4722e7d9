"""Durations agree with their times and are never negative, whatever the wall clock does."""

from __future__ import annotations

import pytest

from models.clock import seconds_between
from models.database.connection import Database
from models.lifecycle import (
    cancel_run,
    expire_leases,
    fail_step,
    finish_claim,
    finish_step,
    start_step,
)
from models.lifecycle.crash_count import LONGEST_DELAY_S, MAX_ALONE
from models.steps import STEP_NAMES
from tests.support.clock import FakeClock
from tests.support.runs import LEASE_S, audits, claimed, done, new_run, run_of, step_of

FIRST = STEP_NAMES[0]
MICROSECOND_MS = 0.0011


def span_ms(row: object) -> float:
    """Return the milliseconds between a row's start and its end."""
    return seconds_between(row.started_at, row.finished_at) * 1000  # type: ignore[attr-defined]


@pytest.mark.parametrize("elapsed_s", [0.0, 0.0000004, 0.0000015, 0.0123456, 61.9999996])
@pytest.mark.parametrize("jump_s", [0.0, -3600.0, 3600.0])
def test_the_duration_of_a_step_is_what_passed_however_the_wall_clock_jumps(
    sqlite_database: Database, clock: FakeClock, elapsed_s: float, jump_s: float
) -> None:
    run_id = new_run(clock)
    claim = claimed(run_id, FIRST, clock)
    clock.advance(elapsed_s)
    clock.set_wall(jump_s)
    finish_claim(claim, {}, clock=clock)

    row = step_of(run_id, FIRST)
    assert row.stats["duration_ms"] == pytest.approx(elapsed_s * 1000, abs=0.001)
    assert span_ms(row) == pytest.approx(row.stats["duration_ms"], abs=MICROSECOND_MS)
    (audit,) = audits(run_id, "step.finished")
    assert audit.data["duration_ms"] == row.stats["duration_ms"]


def test_a_failed_step_is_measured_in_the_same_way(
    sqlite_database: Database, clock: FakeClock
) -> None:
    run_id = new_run(clock)
    claim = claimed(run_id, FIRST, clock)
    clock.advance(2)
    clock.set_wall(-100)
    fail_step(claim, "E", "no", clock=clock)

    row = step_of(run_id, FIRST)
    assert (row.stats["duration_ms"], span_ms(row)) == (2000.0, 2000.0)


def test_a_step_finished_by_its_id_never_ends_before_it_started(
    sqlite_database: Database, clock: FakeClock
) -> None:
    run_id = new_run(clock)
    step_id = start_step(run_id, FIRST, clock=clock)
    clock.set_wall(-100)
    finish_step(step_id, "success", {}, clock=clock)

    row = step_of(run_id, FIRST)
    assert (row.stats["duration_ms"], span_ms(row)) == (0.0, 0.0)


@pytest.mark.parametrize("jump_s", [0.0, -3600.0])
def test_the_duration_of_a_run_agrees_with_its_times(
    sqlite_database: Database, clock: FakeClock, jump_s: float
) -> None:
    run_id = new_run(clock)
    done(run_id, clock, steps=9)
    claim = claimed(run_id, STEP_NAMES[-1], clock)
    clock.advance(4)
    clock.set_wall(jump_s)
    finish_claim(claim, {}, clock=clock)

    run, last = run_of(run_id), step_of(run_id, STEP_NAMES[-1])
    assert run.stats["duration_ms"] >= 0
    assert span_ms(run) == pytest.approx(run.stats["duration_ms"], abs=MICROSECOND_MS)
    assert str(run.finished_at) >= str(last.finished_at)


def test_a_cancelled_step_never_ends_before_it_started(
    sqlite_database: Database, clock: FakeClock
) -> None:
    run_id = new_run(clock)
    claimed(run_id, FIRST, clock)
    clock.set_wall(-100)
    cancel_run(run_id, who="ada", reason="x", clock=clock)

    assert span_ms(step_of(run_id, FIRST)) == 0.0
    assert span_ms(run_of(run_id)) == run_of(run_id).stats["duration_ms"] == 0.0


def test_a_crash_loop_has_a_duration_that_agrees_with_its_times(
    sqlite_database: Database, clock: FakeClock
) -> None:
    run_id = new_run(clock)
    for _ in range(MAX_ALONE):
        clock.advance(LONGEST_DELAY_S)
        claimed(run_id, FIRST, clock)
        clock.advance(LEASE_S + 2)
        expire_leases("redis", clock=clock)

    row = step_of(run_id, FIRST)
    assert row.stats["duration_ms"] == span_ms(row) == (LEASE_S + 2) * 1000
