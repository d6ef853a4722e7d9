"""Rows of the audit log: written, counted, and found again."""

from __future__ import annotations

from typing import Any

import pytest

from models.audit import Entry, prepare
from models.dao import AuditDao
from models.dao import audit as dao
from models.database.connection import Database
from models.events import Event
from tests.support.clock import FakeClock
from tests.support.runs import audits

pytestmark = pytest.mark.usefixtures("free_events")


def add(event: Event, scope: str = "test", run_id: str = "R", **more: Any) -> None:
    AuditDao.write(prepare(Entry(event, f"{event}!", scope, run_id=run_id, **more), "now").row)


def test_the_dao_writes_and_counts_rows(database: Database, clock: FakeClock) -> None:
    entry = Entry(Event.EXPORT_WRITTEN, "by hand", "test", run_id="R", attempt=2, duration_ms=1.5)
    AuditDao.write(prepare(entry, clock.now_iso()).row)
    AuditDao.write(prepare(entry, clock.now_iso()).row)

    assert AuditDao.count("R", Event.EXPORT_WRITTEN) == 2
    assert AuditDao.count("R", Event.BRIEF_RANKED) == AuditDao.count("S", Event.EXPORT_WRITTEN) == 0
    assert audits()[0].ts == clock.now_iso()
    assert audits()[0].data == {"attempt": 2, "duration_ms": 1.5}


def test_rows_of_a_run_come_in_order_a_page_at_a_time(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dao, "_PAGE", 2)
    for number in range(5):
        add(Event.EXPORT_WRITTEN, data={"number": number})
        add(Event.BRIEF_RANKED, run_id="S")

    rows = list(AuditDao.of_run("R"))
    assert [row.data["number"] for row in rows] == [0, 1, 2, 3, 4]
    assert [row.id for row in AuditDao.of_run("R", rows[2].id)] == [rows[3].id, rows[4].id]


def test_a_row_says_what_it_is_about(database: Database) -> None:
    add(Event.EXPORT_WRITTEN, "init_run", step_id="R:1", attempt=2, level="WARNING")
    add(Event.EXPORT_WRITTEN, "run")

    of_step, of_run = AuditDao.of_run("R")
    assert (of_step.step, of_step.attempt, of_step.level) == ("init_run", 2, "WARNING")
    assert (of_run.step, of_run.attempt, of_run.message) == (None, None, "export.written!")


def test_data_that_is_no_object_is_shown_all_the_same(database: Database) -> None:
    add(Event.EXPORT_WRITTEN)
    database.execute("UPDATE audit_log SET data_json = '[1]'")

    (row,) = AuditDao.of_run("R")
    assert row.data == {"value": [1]}


def test_the_newest_rows_are_found(database: Database) -> None:
    for number in range(3):
        add(Event.EXPORT_WRITTEN, "a", step_id="R:1", data={"number": number})
        add(Event.EXPORT_WRITTEN, "b", step_id="R:2", data={"number": number})
        add(Event.STEP_FAILED, "a", step_id="R:1")

    newest, of_one = (
        AuditDao.newest("R", Event.EXPORT_WRITTEN),
        AuditDao.newest("R", Event.EXPORT_WRITTEN, "R:1"),
    )
    assert newest is not None
    assert (newest.scope, newest.data["number"]) == ("b", 2)
    assert of_one is not None
    assert (of_one.scope, of_one.data["number"]) == ("a", 2)
    assert (
        AuditDao.newest("R", Event.BRIEF_RANKED)
        is AuditDao.newest("S", Event.EXPORT_WRITTEN)
        is None
    )
    last = AuditDao.newest_of_step("R", "a", 2, without=Event.STEP_FAILED)
    assert [row.data["number"] for row in last] == [1, 2]


def test_rows_of_all_runs_come_from_both_ends_and_from_a_time_on(
    database: Database, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dao, "_PAGE", 2)
    monkeypatch.setattr(dao, "_OUT_OF_ORDER", 0)
    times = []
    for number in range(7):
        entry = Entry(Event.EXPORT_WRITTEN, "x", "test", run_id="AB"[number % 2])
        AuditDao.write(prepare(entry, clock.now_iso()).row)
        times.append(clock.now_iso())
        clock.advance(60)

    everything = [row.ts for row in AuditDao.of_all()]
    assert everything == times
    assert [row.ts for row in AuditDao.newest_first(None)] == times[::-1]
    assert [row.ts for row in AuditDao.newest_first("B")] == times[5::-2]
    for place, moment in enumerate(times):
        after = AuditDao.last_id_before(moment)
        assert [row.ts for row in AuditDao.of_all(after)] == times[place:]
    assert len(list(AuditDao.of_all(AuditDao.last_id_before("9999")))) <= 1
    assert len(list(AuditDao.of_all(AuditDao.last_id_before("0000")))) == len(times)
