"""How attempts end: exact rows and audit sequences, and nothing from whoever lost the step."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from models.dao import StepsDao
from models.database.connection import Database
from models.errors import InputError, LeaseLostError
from models.lifecycle import (
    Claim,
    cancel_run,
    fail_step,
    finish_claim,
    finish_step,
    hand_back,
    resume_run,
    retry_step,
    start_step,
)
from models.steps import STEP_NAMES
from tests.support.clock import FakeClock
from tests.support.runs import (
    LEASE_S,
    audits,
    claimed,
    done,
    events,
    everything,
    new_run,
    run_of,
    statuses,
    step_of,
)

FIRST, SECOND, THIRD = STEP_NAMES[:3]
Ending = Callable[[Claim, FakeClock], object]
ENDINGS: dict[str, Ending] = {
    "finish": lambda claim, clock: finish_claim(claim, {}, clock=clock),
    "fail": lambda claim, clock: fail_step(claim, "E", "no", clock=clock),
    "retry": lambda claim, clock: retry_step(claim, "E", "no", delay_s=1, max_tries=3, clock=clock),
}


def test_a_finished_step_makes_the_next_one_due_in_the_same_commit(
    database: Database, clock: FakeClock
) -> None:
    run_id = new_run(clock)
    claim = claimed(run_id, FIRST, clock)
    clock.advance(1.25)

    assert finish_claim(claim, {"items": 3}, clock=clock) == SECOND
    row, following = step_of(run_id, FIRST), step_of(run_id, SECOND)
    assert (row.status, row.stats) == ("success", {"duration_ms": 1250.0, "items": 3})
    assert row.finished_at == clock.now_iso() == following.due_at == following.enqueued_at
    assert (row.lease_expires_at, row.error_type, row.error_message) == (None, None, None)
    assert step_of(run_id, THIRD).due_at is None
    (audit,) = audits(run_id, "step.finished")
    assert audit.data == {"attempt": 1, "duration_ms": 1250.0}
    assert audit.step_id == row.step_id


def test_ten_finished_steps_end_the_run_with_totals(database: Database, clock: FakeClock) -> None:
    run_id = new_run(clock)
    for name in STEP_NAMES:
        claim = claimed(run_id, name, clock)
        clock.advance(0.5)
        due = finish_claim(claim, {}, clock=clock)

    run = run_of(run_id)
    assert due is None
    assert (run.status, run.error, run.finished_at) == ("success", None, clock.now_iso())
    assert run.stats == {
        "attempts": 10,
        "duration_ms": 5000.0,
        "outbound_attempts": 0,
        "network_guard": "audit_hook",
        "steps": {"success": 10},
    }
    pairs = ["step.started", "step.finished"] * 10
    assert events(run_id) == ["run.created", *pairs, "run.finished"]
    assert audits(run_id)[-1].data["duration_ms"] == 5000.0
    assert [audit.scope for audit in audits(run_id, "step.started")] == list(STEP_NAMES)


def test_a_live_run_does_not_speak_of_outbound_attempts(
    database: Database, clock: FakeClock
) -> None:
    run_id = new_run(clock, dry=False)
    done(run_id, clock)

    assert "outbound_attempts" not in run_of(run_id).stats


def test_a_failed_step_skips_the_rest_and_fails_the_run(
    database: Database, clock: FakeClock
) -> None:
    run_id = new_run(clock)
    done(run_id, clock, steps=1)
    claim = claimed(run_id, SECOND, clock)
    clock.advance(2)
    fail_step(claim, "FixtureError", "search.json is no JSON", clock=clock)

    row, skipped, run = step_of(run_id, SECOND), step_of(run_id, THIRD), run_of(run_id)
    assert statuses(run_id) == ["success", "failed"] + ["skipped"] * 8
    assert (row.error_type, row.error_message) == ("FixtureError", "search.json is no JSON")
    assert (row.stats, row.lease_expires_at) == ({"duration_ms": 2000.0}, None)
    assert skipped.error_message == f"{SECOND} failed"
    assert (skipped.started_at, skipped.due_at, skipped.attempt) == (None, None, 0)
    assert (run.status, run.error) == ("failed", f"{SECOND}: FixtureError: search.json is no JSON")
    assert run.stats["steps"] == {"failed": 1, "skipped": 8, "success": 1}
    assert events(run_id)[3:] == [
        "step.started",
        "step.failed",
        *["step.skipped"] * 8,
        "run.failed",
    ]
    (audit,) = audits(run_id, "step.failed")
    assert (audit.level, audit.data) == (
        "ERROR",
        {
            "attempt": 1,
            "duration_ms": 2000.0,
            "error_type": "FixtureError",
            "error_code": "fixture_broken",
            "error": "search.json is no JSON",
        },
    )
    assert [audit.scope for audit in audits(run_id, "step.skipped")] == list(STEP_NAMES[2:])


def test_the_failure_of_the_last_step_skips_nothing(database: Database, clock: FakeClock) -> None:
    run_id = new_run(clock)
    done(run_id, clock, steps=9)
    fail_step(claimed(run_id, STEP_NAMES[-1], clock), "E", "no", clock=clock)

    assert statuses(run_id) == ["success"] * 9 + ["failed"]
    assert events(run_id)[-2:] == ["step.failed", "run.failed"]


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("lost", ["taken over", "finished", "retried", "cancelled", "resumed"])
def test_an_attempt_that_lost_its_step_changes_nothing(
    database: Database, clock: FakeClock, ending: str, lost: str
) -> None:
    run_id = new_run(clock)
    claim = claimed(run_id, FIRST, clock)
    if lost == "taken over":
        clock.advance(LEASE_S + 1)
        claimed(run_id, FIRST, clock, worker="other:8:cd")
    elif lost == "finished":
        finish_claim(claim, {}, clock=clock)
    elif lost == "retried":
        retry_step(claim, "E", "no", delay_s=0, max_tries=3, clock=clock)
    else:
        cancel_run(run_id, who="ada", reason="enough", clock=clock)
    if lost == "resumed":
        resume_run(run_id, who="ada", clock=clock)
    before = everything(database)

    with pytest.raises(LeaseLostError):
        ENDINGS[ending](claim, clock)
    assert not hand_back(claim, "shutdown", clock=clock)
    assert everything(database) == before


def test_a_step_finished_by_its_id_ends_as_success(database: Database, clock: FakeClock) -> None:
    run_id = new_run(clock)
    step_id = start_step(run_id, FIRST, clock=clock)
    clock.advance(0.75)

    assert finish_step(step_id, "success", {"items": 1}, clock=clock) == SECOND
    assert step_of(run_id, FIRST).stats == {"duration_ms": 750.0, "items": 1}
    with pytest.raises(LeaseLostError):
        finish_step(step_id, "success", {}, clock=clock)


def test_a_step_finished_by_its_id_ends_as_failed(database: Database, clock: FakeClock) -> None:
    run_id = new_run(clock)
    step_id = start_step(run_id, FIRST, clock=clock)

    assert finish_step(step_id, "failed", {"error": "no luck"}, clock=clock) is None
    assert (step_of(run_id, FIRST).error_message, run_of(run_id).status) == ("no luck", "failed")


def test_a_step_cannot_finish_as_anything_else(database: Database) -> None:
    step_id = start_step(new_run(), FIRST)

    with pytest.raises(InputError, match="'running'"):
        finish_step(step_id, "running", {})


def test_a_failing_commit_of_an_ending_leaves_the_step_running(
    database: Database, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The end of a step, its audit row and "the next one is due" are one commit."""
    run_id = new_run(clock)
    claim = claimed(run_id, FIRST, clock)
    before = everything(database)

    def broken(*_: object) -> None:
        raise RuntimeError("broken")

    with monkeypatch.context() as patched:
        patched.setattr(StepsDao, "make_due", broken)
        with pytest.raises(RuntimeError):
            finish_claim(claim, {}, clock=clock)

    assert everything(database) == before
    assert finish_claim(claim, {}, clock=clock) == SECOND


@pytest.mark.parametrize("ending", ["fail", "retry", "finish by id"])
def test_hostile_error_texts_are_stored_printable_and_without_secrets(
    database: Database, clock: FakeClock, secrets: dict[str, str], ending: str
) -> None:
    token = secrets["GITHUB_TOKEN"]
    hostile = f"bad \x00 answer \ud800 \x1b[31m from {token}\nsecond line"
    run_id = new_run(clock)
    claim = claimed(run_id, FIRST, clock)
    if ending == "fail":
        fail_step(claim, "ValueError", hostile, clock=clock)
    elif ending == "retry":
        retry_step(claim, "ValueError", hostile, delay_s=0, max_tries=3, clock=clock)
    else:
        finish_step(claim.step_id, "failed", {"error": hostile}, clock=clock)

    stored = step_of(run_id, FIRST).error_message or ""
    assert stored.startswith("bad  answer")
    assert "second line" in stored
    assert not set(stored) & {"\x00", "\x1b", "\ud800"}
    assert token not in stored


def test_an_endless_error_text_is_cut_visibly(database: Database, clock: FakeClock) -> None:
    run_id = new_run(clock)
    fail_step(claimed(run_id, FIRST, clock), "ValueError", "x" * 50_000, clock=clock)

    for stored in (step_of(run_id, FIRST).error_message, run_of(run_id).error):
        assert stored is not None
        assert len(stored) <= 2000
        assert stored.endswith("…")


def test_stats_are_redacted(database: Database, clock: FakeClock, secrets: dict[str, str]) -> None:
    run_id = new_run(clock)
    stats = {"url": f"https://x:{secrets['GITHUB_TOKEN']}@host/", "max_tokens": 5}
    finish_claim(claimed(run_id, FIRST, clock), stats, clock=clock)

    assert step_of(run_id, FIRST).stats["max_tokens"] == 5
    assert secrets["GITHUB_TOKEN"] not in (step_of(run_id, FIRST).stats_json or "")
