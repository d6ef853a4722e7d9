"""A run may execute only some of the ten steps; the others are skipped from its beginning."""

from __future__ import annotations

import pytest

from models.dao import StepsDao
from models.database.connection import Database
from models.errors import InputError
from models.lifecycle import (
    cancel_run,
    create_run,
    fail_step,
    finish_claim,
    resume_run,
    take_due_steps,
)
from models.lifecycle.derivation import Derivation
from models.steps import STEP_NAMES
from tests.support.clock import FakeClock
from tests.support.runs import audits, claimed, events, new_run, refused, run_of, statuses, step_of

PLAN = ("init_run", "keyword_aggregate", "github_search_pass2")
MIDDLE = ("hydrate_readme", "llm_repo_analysis")
REASON = "not part of `scout expand`"


def planned_run(clock: FakeClock, steps: tuple[str, ...] = PLAN) -> str:
    """Create a run that executes some of the steps."""
    return create_run(
        {"query": "x", "dry": True},
        command="expand",
        broker="redis",
        parent_run_id=new_run(clock),
        derivation=Derivation(steps),
        clock=clock,
    )


def finish(run_id: str, name: str, clock: FakeClock) -> str | None:
    """Claim and finish a step; returns the one that is due then."""
    return finish_claim(claimed(run_id, name, clock), {}, clock=clock)


def test_the_other_steps_are_skipped_with_the_reason_in_the_commit_that_makes_the_run(
    database: Database, clock: FakeClock
) -> None:
    run_id = planned_run(clock)

    rows = StepsDao.of_run(run_id)
    assert [row.name for row in rows if row.status == "pending"] == list(PLAN)
    assert [row.is_planned for row in rows] == [row.name in PLAN for row in rows]
    skipped = [row for row in rows if row.status == "skipped"]
    assert {(row.attempt, row.error_message, row.started_at) for row in skipped} == {
        (0, REASON, None)
    }
    found = audits(run_id)
    assert [audit.event for audit in found] == ["run.created"] + ["step.skipped"] * 7
    assert {audit.ts for audit in found} == {run_of(run_id).created_at}
    assert {audit.data["reason"] for audit in found[1:]} == {REASON}
    assert [audit.step_id for audit in found[1:]] == [row.step_id for row in skipped]


@pytest.mark.parametrize("steps", [PLAN, MIDDLE, STEP_NAMES[-1:], STEP_NAMES])
def test_each_planned_step_makes_the_next_one_due_and_the_last_ends_the_run(
    database: Database, clock: FakeClock, steps: tuple[str, ...]
) -> None:
    run_id = planned_run(clock, steps)
    for name, following in zip(steps, [*steps[1:], None], strict=True):
        due = [row.name for row in StepsDao.of_run(run_id) if row.due_at and row.attempt == 0]
        assert due == [name]
        assert run_of(run_id).ended is False
        assert finish(run_id, name, clock) == following

    run = run_of(run_id)
    assert run.status == "success"
    assert run.stats["steps"] == {"success": len(steps)} | (
        {"skipped": 10 - len(steps)} if len(steps) < 10 else {}
    )
    assert run.stats["attempts"] == len(steps)
    assert events(run_id)[-1] == "run.finished"


def test_a_skipped_step_is_never_claimed(database: Database, clock: FakeClock) -> None:
    run_id = planned_run(clock)
    assert refused(run_id, "github_search_pass1", clock) == "the step is already skipped"


def test_recovery_sends_the_step_that_is_due(database: Database, clock: FakeClock) -> None:
    run_id = planned_run(clock)
    finish(run_id, PLAN[0], clock)
    clock.advance(60)
    due = take_due_steps("redis", 0, stale_before=clock.now_iso(-10), clock=clock)
    assert (run_id, PLAN[1]) in [(step.run_id, step.name) for step in due]


def test_a_failure_skips_the_rest_and_a_resumption_reopens_only_what_was_planned(
    database: Database, clock: FakeClock
) -> None:
    run_id = planned_run(clock)
    finish(run_id, PLAN[0], clock)
    fail_step(claimed(run_id, PLAN[1], clock), "E", "no", clock=clock)
    assert step_of(run_id, PLAN[2]).error_message == f"{PLAN[1]} failed"

    assert resume_run(run_id, who="ada", clock=clock) == PLAN[1]
    pending = [row.name for row in StepsDao.of_run(run_id) if row.status == "pending"]
    assert pending == list(PLAN[1:])
    assert finish(run_id, PLAN[1], clock) == PLAN[2]
    assert finish(run_id, PLAN[2], clock) is None
    assert (run_of(run_id).status, statuses(run_id).count("skipped")) == ("success", 7)


def test_a_cancelled_run_resumes_at_its_first_planned_step(
    database: Database, clock: FakeClock
) -> None:
    run_id = planned_run(clock, MIDDLE)
    assert cancel_run(run_id, who="ada", reason="x", clock=clock) is True
    assert resume_run(run_id, who="ada", clock=clock) == MIDDLE[0]


def test_a_run_that_did_all_it_was_to_do_cannot_be_resumed(
    database: Database, clock: FakeClock
) -> None:
    run_id = planned_run(clock, MIDDLE)
    for name in MIDDLE:
        finish(run_id, name, clock)
    with pytest.raises(InputError, match="has finished"):
        resume_run(run_id, who="ada", clock=clock)


def test_an_ordinary_run_asks_the_database_nothing_more_than_before(
    database: Database, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only a step that is followed by a skipped one looks for the next."""
    asked: list[str] = []
    execute = database.execute

    def counting(sql: str, params: object = ()) -> object:
        asked.append(sql)
        return execute(sql, params)  # type: ignore[arg-type]

    run_id = new_run(clock)
    claim = claimed(run_id, STEP_NAMES[0], clock)
    monkeypatch.setattr(database, "execute", counting)
    finish_claim(claim, {}, clock=clock)
    assert [sql.split()[0] for sql in asked] == ["UPDATE", "INSERT", "UPDATE"]
