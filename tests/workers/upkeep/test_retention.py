"""Workers remove old runs by themselves where they are told to, one process at a time."""

from __future__ import annotations

import pytest

from models.dao.singletons import SingletonsDao
from models.database.connection import Database, database
from models.lifecycle import cancel_run
from models.retention import RetentionPolicy
from tasks.retention import prune as prune_module
from tests.support.clock import FakeClock
from tests.support.rig import Rig
from tests.support.runs import audits, new_run, run_of
from tests.support.waiting import wait_until
from workers.upkeep.retention import RetentionKeeper

DAY_S = 86_400.0


def old_runs(clock: FakeClock, count: int = 3) -> None:
    for _ in range(count):
        cancel_run(new_run(clock), who="me", reason="x", clock=clock)
    clock.advance(31 * DAY_S)


def count_runs() -> int:
    return int(database().execute("SELECT count(*) FROM runs").fetchone()[0])


def test_a_tick_removes_what_is_old(sqlite_database: Database, clock: FakeClock) -> None:
    old_runs(clock)
    unfinished = new_run(clock)
    RetentionKeeper(RetentionPolicy(30 * DAY_S), clock).tick()
    assert count_runs() == 1
    assert run_of(unfinished).status == "queued"
    assert audits(event="prune.finished")[0].data["who"] == "SCOUT_RETENTION"


def test_one_process_at_a_time_has_the_turn(sqlite_database: Database, clock: FakeClock) -> None:
    old_runs(clock)
    SingletonsDao.take("retention", "other:1:aa", clock.now_iso(), clock.now_iso(60))
    keeper = RetentionKeeper(RetentionPolicy(30 * DAY_S), clock)
    keeper.tick()
    assert count_runs() == 3
    clock.advance(61)
    keeper.tick()
    assert count_runs() == 0


def test_it_stops_after_the_run_in_hand(
    sqlite_database: Database, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    old_runs(clock)
    keeper = RetentionKeeper(RetentionPolicy(30 * DAY_S), clock)
    remove = prune_module.remove_run

    def remove_and_stop(*args: object) -> int | None:
        keeper.stop()
        return remove(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(prune_module, "remove_run", remove_and_stop)
    keeper.tick()
    assert count_runs() == 2
    assert audits(event="prune.finished")[0].data["runs"] == 1


@pytest.mark.parametrize("told", [True, False])
def test_a_worker_does_it_only_where_it_is_told_to(
    sqlite_database: Database, clock: FakeClock, told: bool
) -> None:
    old_runs(clock)
    policy = RetentionPolicy(30 * DAY_S) if told else None
    rig = Rig(retention=policy)
    with rig.working():
        if told:
            wait_until("the old runs are gone", lambda: count_runs() == 0)
    assert count_runs() == (0 if told else 3)
