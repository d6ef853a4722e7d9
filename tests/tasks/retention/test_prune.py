"""Old runs are removed whole; what others rest on, and what runs, stays."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from models.dao.any_table import count_rows
from models.dao.embeddings import EmbeddingsDao
from models.database.connection import Database
from models.lifecycle import cancel_run, create_run, fail_step, resume_run
from models.lifecycle.derivation import Derivation
from models.retention import RetentionPolicy
from models.statuses import Mark
from models.steps import STEP_NAMES
from models.views.prune_plan import PrunePlan, plan_prune
from tasks.retention.prune import prune
from tests.support.clock import FakeClock
from tests.support.runs import audits, claimed, done, new_run

DAY_S = 86_400.0
MONTH = RetentionPolicy(older_than_s=30 * DAY_S)


def old_run(clock: FakeClock, *, days: float = 0.01, **args: object) -> str:
    """Make a run that succeeds, and let time pass."""
    run_id = new_run(clock, **args)  # type: ignore[arg-type]
    done(run_id, clock)
    clock.advance(days * DAY_S)
    return run_id


def left(database: Database) -> list[str]:
    rows = database.execute("SELECT run_id FROM runs ORDER BY created_at, run_id").fetchall()
    return [run_id for (run_id,) in rows]


def pruned(policy: RetentionPolicy, clock: FakeClock) -> PrunePlan:
    plan = plan_prune(policy, clock)
    prune(plan, who="somebody", clock=clock)
    return plan


def test_a_run_goes_with_all_its_rows_and_two_audit_rows_say_so(
    database: Database, clock: FakeClock
) -> None:
    gone = old_run(clock, days=31)
    stays = old_run(clock)
    plan = plan_prune(MONTH, clock)
    assert [run.run_id for run in plan.runs] == [gone]
    assert plan.size_bytes() > 1000
    removed = prune(plan, who="somebody", clock=clock)
    assert (removed.runs, removed.stayed) == (1, 0)
    assert left(database) == [stays]
    assert audits(gone) == []
    assert count_rows()["run_steps"] == len(STEP_NAMES)
    started, finished = (row for row in audits() if row.event.startswith("prune."))
    assert started.data["oldest"] == gone
    assert started.data["policy"]["older_than_s"] == 30 * DAY_S
    assert finished.data["rows"] == removed.rows > len(STEP_NAMES)
    assert finished.message.endswith("were removed by somebody.")


def test_the_newest_and_the_failed_stay_longer(database: Database, clock: FakeClock) -> None:
    old_run(clock)
    failed = new_run(clock)
    fail_step(claimed(failed, STEP_NAMES[0], clock), "ValueError", "no", clock=clock)
    cancelled = new_run(clock)
    cancel_run(cancelled, who="me", reason="wrong", clock=clock)
    clock.advance(1)
    newest = old_run(clock, days=40)
    policy = RetentionPolicy(30 * DAY_S, keep=1, failed_longer_s=90 * DAY_S)
    assert pruned(policy, clock).by_status() == {"cancelled": 1, "success": 1}
    assert left(database) == [failed, newest]
    clock.advance(51 * DAY_S)
    pruned(policy, clock)
    assert left(database) == [newest]


def test_what_has_not_ended_stays_however_old(database: Database, clock: FakeClock) -> None:
    queued, running = new_run(clock), new_run(clock)
    claimed(running, STEP_NAMES[0], clock)
    clock.advance(400 * DAY_S)
    assert pruned(RetentionPolicy(), clock).runs == ()
    assert left(database) == sorted([queued, running])
    assert not [row for row in audits() if row.event.startswith("prune.")]


def test_what_others_rest_on_stays_and_goes_with_them(database: Database, clock: FakeClock) -> None:
    grandparent = old_run(clock)
    parent = old_run(clock, since=grandparent)
    marked = old_run(clock)
    child = create_run(
        {"query": "x", "dry": True},
        parent_run_id=parent,
        derivation=Derivation(STEP_NAMES),
        clock=clock,
    )
    database.execute(
        "INSERT INTO brief_marks (group_key, mark, note, run_id, actor, created_at)"
        " VALUES ('a b', ?, '', ?, 'me', ?)",
        (Mark.SENT.value, marked, clock.now_iso()),
    )
    clock.advance(31 * DAY_S)
    plan = pruned(MONTH, clock)
    assert (plan.runs, plan.needed) == ((), 3)
    cancel_run(child, who="me", reason="wrong", clock=clock)
    clock.advance(31 * DAY_S)
    assert len(pruned(MONTH, clock).runs) == 3
    assert left(database) == [marked]


@pytest.mark.parametrize("how", ["resumed", "derived", "marked"])
def test_what_came_to_be_needed_since_the_plan_stays(
    database: Database, clock: FakeClock, how: str
) -> None:
    first = old_run(clock)
    run_id = new_run(clock, since=first)
    cancel_run(run_id, who="me", reason="wrong", clock=clock)
    clock.advance(31 * DAY_S)
    plan = plan_prune(MONTH, clock)
    assert len(plan.runs) == 2
    if how == "resumed":
        resume_run(run_id, who="me", clock=clock)
    elif how == "derived":
        new_run(clock, since=run_id)
    else:
        database.execute(
            "INSERT INTO brief_marks (group_key, mark, note, run_id, actor, created_at)"
            " VALUES ('a b', 'sent', '', ?, 'me', ?)",
            (run_id, clock.now_iso()),
        )
    removed = prune(plan, who="somebody", clock=clock)
    assert (removed.runs, removed.stayed) == (0, 2)
    assert {first, run_id} <= set(left(database))


def test_an_early_end_is_on_record_and_leaves_whole_runs(
    database: Database, clock: FakeClock
) -> None:
    runs = [old_run(clock) for _ in range(3)]
    clock.advance(31 * DAY_S)
    answers = iter([True, False])
    removed = prune(
        plan_prune(MONTH, clock), who="somebody", clock=clock, go_on=lambda: next(answers)
    )
    assert removed.runs == 1
    assert left(database) == runs[:2]
    assert audits(event="prune.finished")[0].data["runs"] == 1
    assert count_rows()["run_steps"] == 2 * len(STEP_NAMES)


def test_texts_and_vectors_that_no_run_uses_go(database: Database, clock: FakeClock) -> None:
    gone = old_run(clock, days=31)
    stays = old_run(clock)
    for run_id, name in ((gone, "a/a"), (gone, "b/b"), (stays, "b/b")):
        digest = hashlib.sha256(name.encode()).hexdigest()
        database.execute(
            "INSERT INTO readme_texts (sha256, text) VALUES (?, ?) ON CONFLICT DO NOTHING",
            (digest, name),
        )
        database.execute(
            "INSERT INTO readmes (run_id, full_name, status, sha256, size_bytes, truncated,"
            " fetched_at) VALUES (?, ?, 'found', ?, 1, ?, '')",
            (run_id, name, digest, False),
        )
    EmbeddingsDao.put("m", {"old": [1.0], "used": [1.0]}, clock.now_iso(-32 * DAY_S))
    EmbeddingsDao.touch("m", ["used"], clock.now_iso(), clock.now_iso(-DAY_S))
    removed = prune(plan_prune(MONTH, clock), who="somebody", clock=clock)
    assert (removed.readme_texts, removed.embeddings) == (1, 1)
    texts = database.execute("SELECT text FROM readme_texts").fetchall()
    assert [text for (text,) in texts] == ["b/b"]
    assert set(EmbeddingsDao.find("m", ["old", "used"])) == {"used"}


def test_a_thousand_runs_are_measured_by_some(sqlite_database: Database, clock: FakeClock) -> None:
    del sqlite_database
    for _ in range(120):
        cancel_run(new_run(clock), who="me", reason="x", clock=clock)
    plan = plan_prune(RetentionPolicy(), clock)
    assert len(plan.runs) == 120
    one = plan_prune(RetentionPolicy(keep=119), clock).size_bytes()
    assert plan.size_bytes() == pytest.approx(120 * one, rel=0.05)


def test_no_folder_is_touched_without_being_asked(
    database: Database, clock: FakeClock, tmp_path: Path
) -> None:
    run_id = old_run(clock, days=31)
    folder = tmp_path / f"run_{run_id}"
    folder.mkdir()
    assert len(pruned(MONTH, clock).runs) == 1
    assert folder.exists()
    assert left(database) == []
