"""Recovery finds what was lost, one process at a time, and leaves the living alone."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from models.database.connection import Database, database
from models.errors import DatabaseUnavailableError
from models.lifecycle import claim_step, close_worker
from models.lifecycle.crash_count import LONGEST_DELAY_S, MAX_ALONE
from models.steps import STEP_NAMES
from tests.support.clock import FakeClock
from tests.support.logs import Logs
from tests.support.rig import FIRST, Rig
from tests.support.runs import audits, claimed, events, new_run, run_of, step_of
from workers import turn
from workers.upkeep import recovery as recovery_module
from workers.upkeep.recovery import FORGET_AFTER_S, SECOND_LOOK_S, Recovery, messages_waiting

SECOND = STEP_NAMES[1]


@pytest.fixture
def rig(database: Database, clock: FakeClock) -> Rig:
    """Return a rig with the default settings, on the clock of the test."""
    return Rig(clock=clock, lease_s=15.0, recovery_interval_s=2.0, repeat_after_s=10.0)


def redis_like(rig: Rig, clock: FakeClock) -> Recovery:
    """Return a recovery for runs on Redis that sends to the rig's memory instead."""
    settings = replace(rig.settings, broker_url="redis://unused:1/0")
    return Recovery(rig.broker, settings, clock=clock)


def dead_in_the_middle(clock: FakeClock, broker: str = "memory") -> str:
    """Make a run whose first step was claimed by a worker that died since."""
    run_id = new_run(clock, broker=broker)
    claimed(run_id, FIRST, clock, worker="gone:9:ff")
    return run_id


class TestExpiredLeases:
    """An attempt whose worker died is closed as interrupted and done again."""

    def test_a_run_whose_worker_died_completes(self, rig: Rig, clock: FakeClock) -> None:
        run_id = dead_in_the_middle(clock)
        clock.advance(15.1)
        rig.recovery().tick()
        assert rig.run_chain()[0] == FIRST
        assert run_of(run_id).status == "success"
        assert (step_of(run_id, FIRST).attempt, step_of(run_id, FIRST).error_type) == (2, None)
        (row,) = audits(run_id, "step.interrupted")
        assert row.data["worker"] == "gone:9:ff"
        assert "stopped renewing its lease" in row.message

    def test_a_lease_that_has_not_run_out_is_left_alone(self, rig: Rig, clock: FakeClock) -> None:
        run_id = dead_in_the_middle(clock)
        clock.advance(14.9)
        rig.recovery().tick()
        assert step_of(run_id, FIRST).status == "running"
        assert rig.waiting() == []

    def test_runs_of_another_broker_are_left_alone(self, rig: Rig, clock: FakeClock) -> None:
        """This process could not deliver their messages."""
        run_id, due = dead_in_the_middle(clock, "redis"), new_run(clock, broker="redis")
        clock.advance(60)
        rig.recovery().tick()
        assert step_of(run_id, FIRST).status == "running"
        assert step_of(due, FIRST).status == "pending"
        assert rig.waiting() == []

    def test_too_many_starts_without_an_end_are_a_crash_loop(
        self, rig: Rig, clock: FakeClock
    ) -> None:
        run_id = new_run(clock, broker="memory")
        recovery = rig.recovery()
        for _ in range(MAX_ALONE):
            claimed(run_id, FIRST, clock)
            for _ in range(8 + round(LONGEST_DELAY_S / 2)):
                clock.advance(2.0)
                recovery.tick()
        step = step_of(run_id, FIRST)
        assert (step.status, step.error_type) == ("failed", "crash_loop")
        assert step.attempt == MAX_ALONE
        assert run_of(run_id).status == "failed"
        assert events(run_id).count("step.interrupted") == MAX_ALONE


class TestPatience:
    """After an outage the living get time to renew before they count as dead."""

    def test_after_a_long_silence_leases_get_half_a_lease_more(
        self, rig: Rig, clock: FakeClock
    ) -> None:
        """The machine slept: every lease in the database is old, though nobody died."""
        recovery = rig.recovery()
        recovery.tick()
        run_id = dead_in_the_middle(clock)
        clock.advance(60)
        recovery.tick()
        assert step_of(run_id, FIRST).status == "running"
        for late_s in (7.0, 7.5):  # a whole lease of 15 s since the recovery is back
            clock.advance(late_s)
            recovery.tick()
            assert step_of(run_id, FIRST).status == "running"
        clock.advance(1.0)
        recovery.tick()
        assert step_of(run_id, FIRST).status == "pending"

    def test_an_outage_of_the_database_within_a_tick_counts(
        self, rig: Rig, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The tick itself waits for the database, and goes on when that is back."""
        recovery = rig.recovery()
        recovery.tick()
        run_id = dead_in_the_middle(clock)
        clock.advance(2.0)
        real = Recovery._take_turn

        def away_for_20_s(self: Recovery) -> bool:
            clock.advance(20.0)
            return real(self)

        monkeypatch.setattr(Recovery, "_take_turn", away_for_20_s)
        recovery.tick()
        assert step_of(run_id, FIRST).status == "running"

    def test_a_tick_that_fails_does_not_end_the_patience(
        self, rig: Rig, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Away for longer than a tick waits: the next tick is the first to see it back."""
        recovery = rig.recovery()
        recovery.tick()
        run_id = dead_in_the_middle(clock)

        def away(self: Recovery) -> bool:
            clock.advance(20.0)
            raise DatabaseUnavailableError("away")

        with monkeypatch.context() as patch:
            patch.setattr(Recovery, "_take_turn", away)
            for _ in range(2):
                clock.advance(2.0)
                with pytest.raises(DatabaseUnavailableError):
                    recovery.tick()
        clock.advance(2.0)
        recovery.tick()
        assert step_of(run_id, FIRST).status == "running"

    def test_without_an_outage_there_is_no_patience(self, rig: Rig, clock: FakeClock) -> None:
        run_id = dead_in_the_middle(clock)
        recovery = rig.recovery()
        for _ in range(8):
            clock.advance(2.0)
            recovery.tick()
        assert step_of(run_id, FIRST).status == "pending"

    def test_a_process_that_has_not_got_the_turn_does_not_call_that_an_outage(
        self, rig: Rig, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It looked every two seconds; when the holder dies it may act at once."""
        recovery = rig.recovery()
        run_id = dead_in_the_middle(clock)
        with monkeypatch.context() as patch:
            patch.setattr(Recovery, "_take_turn", lambda self: False)
            for _ in range(8):
                clock.advance(2.0)
                recovery.tick()
        recovery.tick()
        assert step_of(run_id, FIRST).status == "pending"


class TestDueSteps:
    """A due step that nobody took gets another message, but a long queue gets no longer."""

    def test_a_lost_message_is_repeated_after_a_while(self, rig: Rig, clock: FakeClock) -> None:
        run_id = new_run(clock, broker="memory")
        recovery = rig.recovery()
        clock.advance(9.9)
        recovery.tick()
        assert rig.waiting() == []
        clock.advance(0.2)
        recovery.tick()
        assert rig.waiting() == [(FIRST, run_id)]
        recovery.tick()
        assert rig.waiting() == [], "it was sent a moment ago"
        clock.advance(10.1)
        recovery.tick()
        assert rig.waiting() == [(FIRST, run_id)]

    def test_a_broker_that_takes_none_is_asked_once_in_a_round(
        self, rig: Rig, clock: FakeClock, monkeypatch: pytest.MonkeyPatch, logs: Logs
    ) -> None:
        def refuse(message: Any) -> None:
            raise ConnectionError("no memory left")

        for _ in range(3):
            new_run(clock, broker="memory")
        clock.advance(11)
        recovery = rig.recovery()
        with monkeypatch.context() as patch:
            patch.setattr(rig.broker, "enqueue", lambda message, delay: refuse(message))
            recovery.tick()
        (line,) = [line for line in logs.lines if line["event"] == "handoff.failed"]
        assert "no memory left" in line["message"]
        clock.advance(11)
        recovery.tick()
        assert len(rig.waiting()) == 3

    def test_what_a_dead_worker_had_taken_is_repeated_when_it_is_missed_twice(
        self, rig: Rig, clock: FakeClock
    ) -> None:
        run_id = new_run(clock, broker="redis")
        recovery = redis_like(rig, clock)
        for _ in range(2):
            clock.advance(0.5)
            assert recovery.tick() is None
        assert rig.waiting() == []
        close_worker("dead:1:aa", "it was killed", clock=clock)
        newcomer = redis_like(rig, clock)
        clock.advance(0.5)
        assert newcomer.tick() == SECOND_LOOK_S
        assert rig.waiting() == [], "a thread may just have taken it"
        assert newcomer.tick() is None
        assert rig.waiting() == [(FIRST, run_id)]
        clock.advance(2)
        for _ in range(2):
            newcomer.tick()
        assert rig.waiting() == [], "it was sent after that death"

    def test_messages_that_still_wait_are_not_repeated(self, rig: Rig, clock: FakeClock) -> None:
        run_ids = [new_run(clock, broker="memory") for _ in range(3)]
        for run_id in run_ids:
            rig.broker.enqueue(rig.broker.get_actor(FIRST).message(run_id))
        clock.advance(60)
        rig.recovery().tick()
        assert len(rig.waiting()) == 3

    def test_a_retry_that_is_not_due_yet_is_left_alone(self, rig: Rig, clock: FakeClock) -> None:
        run_id = new_run(clock, broker="memory")
        database().transact(
            lambda: database().execute(
                "UPDATE run_steps SET due_at = ?, enqueued_at = ? WHERE run_id = ? AND name = ?",
                (clock.now_iso(30), clock.now_iso(30), run_id, FIRST),
            )
        )
        recovery = rig.recovery()
        clock.advance(29)
        recovery.tick()
        assert rig.waiting() == []
        clock.advance(12)
        recovery.tick()
        assert rig.waiting() == [(FIRST, run_id)]

    def test_runs_that_have_ended_get_no_messages(self, rig: Rig, clock: FakeClock) -> None:
        run_id = new_run(clock, broker="memory")
        rig.deliver(run_id, FIRST)
        rig.run_chain()
        clock.advance(60)
        rig.recovery().tick()
        assert rig.waiting() == []

    def test_the_line_says_which_step_was_handed_out(
        self, rig: Rig, clock: FakeClock, logs: Logs
    ) -> None:
        run_id = new_run(clock, broker="memory")
        clock.advance(11)
        rig.recovery().tick()
        (line,) = [line for line in logs.lines if line["event"] == "step.handed_out"]
        assert (line["run_id"], line["step"]) == (run_id, FIRST)


class TestOneAtATime:
    """The database lets one process do it; its turn passes on when it is gone."""

    @pytest.fixture
    def names(self, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
        """Return what this process is called, for the test to change."""
        names = {"mine": "host:1:aa"}
        for module in (recovery_module, turn):
            monkeypatch.setattr(module, "worker_name", lambda: names["mine"])
        return names

    def test_the_second_process_leaves_it_to_the_first(
        self, rig: Rig, clock: FakeClock, names: dict[str, str]
    ) -> None:
        run_id = dead_in_the_middle(clock, "redis")
        clock.advance(9.0)
        recovery = redis_like(rig, clock)
        recovery.tick()
        clock.advance(6.5)
        names["mine"] = "host:2:bb"
        redis_like(rig, clock).tick()
        assert step_of(run_id, FIRST).status == "running"
        assert database().execute("SELECT holder FROM singletons").fetchall() == [("host:1:aa",)]
        names["mine"] = "host:1:aa"
        recovery.tick()
        assert step_of(run_id, FIRST).status == "pending"

    def test_the_turn_passes_on_when_its_holder_is_gone(
        self, rig: Rig, clock: FakeClock, names: dict[str, str]
    ) -> None:
        redis_like(rig, clock).tick()
        names["mine"] = "host:2:bb"
        run_id = dead_in_the_middle(clock, "redis")
        other = redis_like(rig, clock)
        for _ in range(8):
            clock.advance(2.0)
            other.tick()
        assert step_of(run_id, FIRST).status == "pending"
        assert database().execute("SELECT holder FROM singletons").fetchall() == [("host:2:bb",)]

    def test_processes_with_a_broker_of_their_own_do_not_wait_for_each_other(
        self, rig: Rig, clock: FakeClock, names: dict[str, str]
    ) -> None:
        rig.recovery().tick()
        names["mine"] = "host:2:bb"
        dead_in_the_middle(clock)
        clock.advance(15.1)
        rig.recovery().tick()
        assert rig.waiting() != []

    def test_workers_that_were_silent_for_an_hour_are_forgotten(
        self, rig: Rig, clock: FakeClock
    ) -> None:
        rig.keeper().tick()
        clock.advance(FORGET_AFTER_S - 1)
        rig.recovery().tick()
        count = "SELECT count(*) FROM workers"
        assert database().execute(count).fetchone()[0] == 1
        clock.advance(2)
        rig.recovery().tick()
        assert database().execute(count).fetchone()[0] == 0


def test_taking_over_costs_no_interruption_when_the_lease_ran_out_at_a_claim(
    rig: Rig, clock: FakeClock
) -> None:
    """A message arrives before recovery has looked: the old attempt is closed first."""
    run_id = dead_in_the_middle(clock)
    clock.advance(16)
    claim = claim_step(run_id, FIRST, worker="other:1:aa", lease_s=15, clock=clock)
    assert not hasattr(claim, "reason")
    assert events(run_id) == ["run.created", "step.started", "step.interrupted", "step.started"]


def test_messages_in_memory_are_counted(rig: Rig, clock: FakeClock) -> None:
    assert messages_waiting(rig.broker) == 0
    rig.broker.enqueue(rig.broker.get_actor(FIRST).message(new_run(clock)))
    assert messages_waiting(rig.broker) == 1


@pytest.mark.redis
def test_messages_in_redis_are_counted(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rig: Any = Rig(broker_url=redis_url)
    rig.broker.flush_all()
    assert messages_waiting(rig.broker) == 0
    rig.broker.enqueue(rig.broker.get_actor(FIRST).message("r"))
    rig.broker.enqueue(rig.broker.get_actor(FIRST).message("r"), delay=60_000)
    assert messages_waiting(rig.broker) == 1
    rig.broker.flush_all()
    rig.broker.close()
