"""The fleet is read from rows alike on SQLite and PostgreSQL."""

from __future__ import annotations

from models.database.connection import Database
from models.settings.runtime import load_settings
from models.views.fleet import view_fleet
from tests.support.worlds import PastClock, add_worker, claim, failed_run, new_run, successful_run


def test_due_steps_held_ones_and_runs_that_are_nobodys(database: Database) -> None:
    clock = PastClock(60)
    lapsed, waits = new_run(clock=clock, broker="redis"), new_run(clock=clock, broker="amqp")
    claim(lapsed, "init_run", clock, lease_s=15.0)
    fresh = new_run(broker="redis")
    nobodys = new_run(broker="redis")
    database.execute("UPDATE run_steps SET due_at = NULL WHERE run_id = ?", (nobodys,))
    failed = failed_run("hydrate_readme")
    failed_run(clock=PastClock(7200))
    successful_run()
    add_worker("redis")
    add_worker("amqp", ago_s=16)
    found = view_fleet(load_settings())
    assert {one.broker: one.count for one in found.due} == {"amqp": 1, "redis": 1}
    assert [one.run_id for one in found.stalled] == sorted([lapsed, waits, nobodys])
    assert fresh not in {one.run_id for one in found.stalled}
    assert not found.more_stalled
    assert [(one.row.broker, one.busy) for one in found.workers] == [("redis", ())]
    assert [(one.run_id, one.step) for one in found.failed] == [(failed, "hydrate_readme")]
