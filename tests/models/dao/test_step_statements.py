"""A transition in one statement: whole, or nothing of it is there."""

from __future__ import annotations

import peewee
import pytest
from msgspec.structs import replace

from models.audit import Entry, prepare
from models.dao import step_statements
from models.dao.audit import NewAuditRow
from models.dao.seals import SealsDao
from models.dao.steps import ClaimedRow, StepsDao
from models.database.connection import Database
from models.events import Event, Scope
from models.lifecycle import Claim, cancel_run
from models.steps import STEP_NAMES
from tests.support.clock import FakeClock
from tests.support.runs import claimed, events, everything, new_run, run_of, step_of

FIRST, SECOND = STEP_NAMES[:2]


def said(event: Event, row: ClaimedRow, clock: FakeClock) -> NewAuditRow:
    if event.scope is Scope.RUN:
        return prepare(Entry(event, "said", "run", "", row.run_id), clock.now_iso()).row
    entry = Entry(event, "said", row.name, "", row.run_id, row.step_id)
    return prepare(entry, clock.now_iso()).row


def goes_on(held: ClaimedRow, following: ClaimedRow, clock: FakeClock) -> bool:
    """End the first step and take the second in the one statement."""
    now = clock.now_iso()
    rows = said(Event.STEP_FINISHED, held, clock), said(Event.STEP_STARTED, following, clock)
    return step_statements.finish_and_take(
        held, "{}", now, following, "host:7:ab", now, clock.now_iso(15), rows
    )


@pytest.fixture
def claim(database: Database, clock: FakeClock) -> Claim:
    """Return a claim of a run's first step."""
    return claimed(new_run(clock), FIRST, clock)


def test_both_steps_and_both_rows_change(
    database: Database, claim: Claim, clock: FakeClock
) -> None:
    assert goes_on(claim.held(), claim.successor(clock).row, clock)
    assert step_of(claim.run_id, FIRST).status == "success"
    second = step_of(claim.run_id, SECOND)
    assert (second.status, second.attempt, second.worker) == ("running", 1, "host:7:ab")
    assert events(claim.run_id)[-2:] == ["step.finished", "step.started"]


def test_nothing_changes_where_the_attempt_has_lost_its_step(
    database: Database, claim: Claim, clock: FakeClock
) -> None:
    before = everything(database)
    other = replace(claim.held(), attempt=2)
    assert not goes_on(other, claim.successor(clock).row, clock)
    assert everything(database) == before


@pytest.mark.parametrize("change", [{"attempt": 1}, {"step_id": "nowhere"}])
def test_nothing_changes_where_the_next_step_is_not_as_expected(
    database: Database, claim: Claim, clock: FakeClock, change: dict[str, object]
) -> None:
    before = everything(database)
    following = replace(claim.successor(clock).row, **change)  # type: ignore[arg-type]
    assert not goes_on(claim.held(), following, clock)
    assert everything(database) == before


def ends(held: ClaimedRow, clock: FakeClock) -> bool:
    """End a step and its run in the one statement."""
    now = clock.now_iso()
    rows = said(Event.STEP_FINISHED, held, clock), said(Event.RUN_FINISHED, held, clock)
    return step_statements.finish_run(held, '{"n":1}', now, '{"attempts":1}', now, rows)


def test_a_step_and_its_run_end_together_and_the_run_is_to_be_sealed(
    database: Database, claim: Claim, clock: FakeClock
) -> None:
    assert ends(claim.held(), clock)
    step, run = step_of(claim.run_id, FIRST), run_of(claim.run_id)
    assert (step.status, step.stats, step.lease_expires_at) == ("success", {"n": 1}, None)
    assert (run.status, run.stats, run.finished_at) == (
        "success",
        {"attempts": 1},
        step.finished_at,
    )
    assert events(claim.run_id)[-2:] == ["step.finished", "run.finished"]
    assert SealsDao.is_asked_for(claim.run_id)


def test_neither_ends_where_the_attempt_has_lost_its_step(
    database: Database, claim: Claim, clock: FakeClock
) -> None:
    before = everything(database)
    assert not ends(replace(claim.held(), attempt=2), clock)
    assert everything(database) == before
    cancel_run(claim.run_id, who="ann", reason="enough", clock=clock)
    before = everything(database)
    assert not ends(claim.held(), clock)
    assert everything(database) == before


@pytest.mark.postgres
@pytest.mark.parametrize("database", ["postgres"], indirect=True)
def test_an_end_without_the_start_is_an_error_and_changes_nothing(
    database: Database, claim: Claim, clock: FakeClock
) -> None:
    """It cannot be brought about by rows, so a trigger keeps the second half from happening."""
    database.execute(
        "CREATE FUNCTION stay_pending() RETURNS trigger AS $$ BEGIN"
        " IF NEW.status = 'running' THEN RETURN NULL; END IF; RETURN NEW; END $$ LANGUAGE plpgsql"
    )
    database.execute(
        "CREATE TRIGGER stay_pending BEFORE UPDATE ON run_steps"
        " FOR EACH ROW EXECUTE FUNCTION stay_pending()"
    )
    try:
        before = everything(database)
        with pytest.raises(peewee.DataError):
            goes_on(claim.held(), claim.successor(clock).row, clock)
        assert everything(database) == before
    finally:
        database.execute("DROP FUNCTION stay_pending CASCADE")


def test_a_claim_begins_the_run_and_says_so(database: Database, clock: FakeClock) -> None:
    run_id = new_run(clock)
    row = StepsDao.for_claim(run_id, FIRST)
    assert row is not None

    def claims() -> bool:
        started = said(Event.STEP_STARTED, row, clock)
        now = clock.now_iso()
        return step_statements.claim(row, "host:7:ab", now, clock.now_iso(15), started)

    assert claims()
    assert run_of(run_id).status == "running"
    assert run_of(run_id).started_at == clock.now_iso()
    assert events(run_id) == ["run.created", "step.started"]
    before = everything(database)
    assert not claims(), "somebody was faster"
    assert everything(database) == before


def test_a_step_of_a_run_that_has_ended_is_not_claimed(
    database: Database, clock: FakeClock
) -> None:
    run_id = new_run(clock)
    row = StepsDao.for_claim(run_id, FIRST)
    assert row is not None
    cancel_run(run_id, who="ann", reason="enough", clock=clock)
    before = everything(database)
    started = said(Event.STEP_STARTED, row, clock)
    assert not step_statements.claim(row, "w", clock.now_iso(), clock.now_iso(15), started)
    assert everything(database) == before
