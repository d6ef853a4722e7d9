"""What has ended is sealed in one chain, and whatever is done to it afterwards is named."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from models.clock import Clock, to_iso
from models.dao.run_removal import RunLink
from models.dao.seals import SealsDao
from models.database.connection import Database, database
from models.events import Event
from models.lifecycle import cancel_run, log_audit, resume_run
from models.lifecycle.prune import remove_run
from models.lifecycle.seal import is_sealing_due, seal_due
from models.records.seal_check import Breach, BrokenSeal, SealCheck, check_seals
from models.retention import RetentionPolicy
from models.statuses import RunStatus
from models.views.prune_plan import PrunePlan
from tests.support.clock import FakeClock
from tests.support.runs import done, new_run


def sealed(clock: FakeClock) -> int:
    """Seal what is due a little later."""
    clock.advance(6)
    return seal_due(clock, 10)


def check(since: str = "", head: str = "") -> tuple[list[BrokenSeal], SealCheck]:
    found = SealCheck()
    return list(check_seals(found, since, head)), found


def audit_id(run_id: str, event: str) -> int:
    sql = "SELECT id FROM audit_log WHERE run_id = ? AND event = ? ORDER BY id LIMIT 1"
    return int(database().execute(sql, (run_id, event)).fetchone()[0])


def ended(clock: Clock, count: int = 1) -> list[str]:
    run_ids = [new_run(clock) for _ in range(count)]
    for run_id in run_ids:
        done(run_id, clock)
    return run_ids


def test_what_ended_is_sealed_after_a_while_and_holds(database: Database, clock: FakeClock) -> None:
    run_ids = ended(clock, 3)
    assert not is_sealing_due(clock)
    assert seal_due(clock, 10) == 0
    assert sealed(clock) == 3
    assert not is_sealing_due(clock)
    broken, found = check()
    assert broken == []
    assert (found.seals, found.rows, found.unsealed) == (3, 3 * 22, 0)
    assert [seal.run_id for seal in SealsDao.all()] == run_ids
    assert sealed(clock) == 0, "nothing is sealed twice"


def test_one_that_goes_on_is_sealed_at_its_resume_and_at_each_end(
    database: Database, clock: FakeClock
) -> None:
    run_id = new_run(clock)
    cancel_run(run_id, who="a test", reason="later", clock=clock)
    assert sealed(clock) == 1
    resume_run(run_id, who="a test", clock=clock)
    assert check()[0] == []
    assert sealed(clock) == 1
    assert check()[1].unsealed == 0
    done(run_id, clock)
    assert check()[0] == []
    assert check()[1].unsealed == 21, "the run has ended, and is not sealed yet"
    assert sealed(clock) == 1
    assert check()[0] == []
    log_audit(event=Event.STEP_OVERDUE, message="Late.", scope="init_run", run_id=run_id,
              step="init_run", clock=clock)  # fmt: skip
    assert (check()[0], check()[1].unsealed) == ([], 1)
    assert sealed(clock) == 1
    assert check() == ([], SealCheck(4, 35, 0, 0, check()[1].head))


Tamper = Callable[[str], None]


def _change(run_id: str) -> None:
    sql = "UPDATE audit_log SET message = message || ' ' WHERE id = ?"
    database().execute(sql, (audit_id(run_id, "step.finished"),))


def _remove(run_id: str) -> None:
    database().execute("DELETE FROM audit_log WHERE id = ?", (audit_id(run_id, "step.finished"),))


def _add(run_id: str) -> None:
    sql = (
        "INSERT INTO audit_log (ts, level, run_id, scope, event, message, data_json)"
        " VALUES ('2026', 'INFO', ?, 'run', 'run.resumed', 'x', '{}')"
    )
    database().execute(sql, (run_id,))


def _step(run_id: str) -> None:
    sql = "UPDATE run_steps SET stats_json = '{}' WHERE run_id = ? AND name = 'hydrate_readme'"
    database().execute(sql, (run_id,))


def _run(run_id: str) -> None:
    database().execute("UPDATE runs SET error = 'x' WHERE run_id = ?", (run_id,))


def _whole(run_id: str) -> None:
    for table in ("audit_log", "run_steps", "runs"):
        database().execute(f"DELETE FROM {table} WHERE run_id = ?", (run_id,))


def _seal(run_id: str) -> None:
    database().execute("DELETE FROM seals WHERE run_id = ?", (run_id,))


def _hash(run_id: str) -> None:
    database().execute("UPDATE seals SET hash = link WHERE run_id = ?", (run_id,))


@pytest.mark.parametrize(
    ("tamper", "breach", "words"),
    [
        (_change, Breach.CHANGED, "Row {id} of the audit log of run {run} was changed."),
        (_remove, Breach.REMOVED, "Row {id} of the audit log of run {run} was removed."),
        (_add, Breach.ADDED, "was added after the run was sealed."),
        (_step, Breach.CHANGED, "The step hydrate_readme of run {run} was changed."),
        (_run, Breach.CHANGED, "The row of run {run} was changed."),
        (_whole, Breach.REMOVED, "Row {first} of the audit log of run {run} was removed."),
        (_seal, Breach.CHAIN, "Seal 2 is gone."),
        (_hash, Breach.CHAIN, "Seal 2 does not fit the one before it."),
    ],
)
def test_what_is_done_to_a_row_is_named(
    database: Database, clock: FakeClock, tamper: Tamper, breach: Breach, words: str
) -> None:
    run_id = ended(clock, 3)[1]
    sealed(clock)
    first, changed = audit_id(run_id, "run.created"), audit_id(run_id, "step.finished")
    tamper(run_id)
    broken, _ = check()
    assert broken[0].breach is breach
    assert words.format(id=changed, run=run_id, first=first) in broken[0].text


def test_a_pruned_run_leaves_its_place_in_the_chain(database: Database, clock: FakeClock) -> None:
    gone, *_ = ended(clock, 2)
    sealed(clock)
    plan = PrunePlan(RetentionPolicy(), clock.now_iso(), (), 0, 2)
    assert remove_run(RunLink(gone, RunStatus.SUCCESS, clock.now_iso(), ()), plan)
    broken, found = check()
    assert (broken, found.stubs, found.seals) == ([], 1, 2)


def test_rows_that_belong_to_no_run_are_sealed_too(database: Database, clock: FakeClock) -> None:
    log_audit(event=Event.PRUNE_STARTED, message="A.", scope="prune", clock=clock)
    assert sealed(clock) == 1
    log_audit(event=Event.PRUNE_STARTED, message="B.", scope="prune", clock=clock)
    assert sealed(clock) == 1
    assert check()[0] == []
    database.execute("UPDATE audit_log SET message = 'C.' WHERE message = 'A.'")
    ((broken,), _) = check()
    assert (broken.breach, broken.run_id) == (Breach.CHANGED, None)


def test_since_and_an_end_that_was_noted(database: Database, clock: FakeClock) -> None:
    (first,) = ended(clock)
    sealed(clock)
    noted = check()[1].head
    clock.advance(3600)
    later = to_iso(clock.now())
    ended(clock)
    sealed(clock)
    assert check(head=noted)[0] == []
    _change(first)
    assert check(since=later)[0] == []
    assert check(since=later)[1].seals == 1
    assert check(head=noted[:-1] + "-")[0][-1].breach is not None
    assert [one.text for one in check(head="9:x")[0]][-1] == "Seal 9, which was noted, is gone."


def test_a_backlog_waits_for_its_turn(database: Database, clock: FakeClock) -> None:
    ended(clock, 3)
    clock.advance(6)
    assert seal_due(clock, 0.0) == 1
    assert is_sealing_due(clock)
    assert seal_due(clock, 10.0) == 2
