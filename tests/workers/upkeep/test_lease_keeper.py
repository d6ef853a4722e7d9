"""The keeper renews leases, notices losses, and gives a sign of life."""

from __future__ import annotations

import socket
import sqlite3
import threading
from collections.abc import Callable, Mapping
from typing import Any

import peewee
import pytest

from models.clock import SharedTime, running_s, wall_s
from models.dao.workers import WorkersDao
from models.database.connection import Database
from models.lifecycle import cancel_run, expire_leases
from models.settings.runtime import load_settings
from tasks.step import StepContext
from tests.support.clock import FakeClock
from tests.support.logs import Logs
from tests.support.rig import FIRST, Rig
from tests.support.runs import new_run, step_of
from tests.support.waiting import wait_until
from workers.attempts.attempt import Attempt
from workers.attempts.interrupts import StepLostError, StepOverdueError
from workers.middleware import step_recorder
from workers.upkeep import lease_keeper
from workers.upkeep.background_loop import Loop
from workers.upkeep.lease_keeper import HEARTBEAT_INTERVAL_S, REACT_S, Keeper
from workers.worker_name import worker_name


@pytest.fixture
def during(clock: FakeClock, database: Database) -> Callable[..., str]:
    """Return what runs something inside a step's body, with its keeper and its attempt."""

    def run(act: Callable[[Keeper, Attempt], None], **settings: Any) -> str:
        errors: list[BaseException] = []

        def body(context: StepContext) -> Mapping[str, Any]:
            (attempt,) = rig.steps.active()
            try:
                act(rig.keeper(), attempt)
            except BaseException as exc:
                errors.append(exc)
                raise
            return {}

        rig = Rig({FIRST: body}, clock=clock, **{"lease_s": 15.0} | settings)
        run_id = new_run(clock, broker="memory")
        rig.deliver(run_id, FIRST)
        for exc in errors:
            if isinstance(exc, AssertionError):
                raise exc
        return run_id

    return run


def test_a_lease_is_renewed_while_the_end_is_being_recorded(
    database: Database, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database that takes its time must not make others take over what is done."""
    rig, run_id = Rig(clock=clock, lease_s=15.0), new_run(clock, broker="memory")
    real, leases = step_recorder.end_attempt, list[str | None]()

    def slowly(*args: Any, **how: Any) -> Any:
        for _ in range(3):
            clock.advance(10.0)
            rig.keeper().tick()
            leases.append(step_of(run_id, FIRST).lease_expires_at)
        return real(*args, **how)

    monkeypatch.setattr(step_recorder, "end_attempt", slowly)
    rig.deliver(run_id, FIRST)
    assert leases[-1] == clock.now_iso(15.0)
    assert step_of(run_id, FIRST).status == "success"
    assert rig.steps.active() == []


def lease_of(attempt: Attempt) -> str | None:
    return step_of(attempt.claim.run_id, attempt.claim.name).lease_expires_at


def test_a_lease_is_renewed_when_a_third_of_it_is_over(
    during: Callable[..., str], clock: FakeClock
) -> None:
    def act(keeper: Keeper, attempt: Attempt) -> None:
        first = clock.now_iso(15)
        clock.advance(4.9)
        keeper.tick()
        assert lease_of(attempt) == first
        clock.advance(0.2)
        keeper.tick()
        assert lease_of(attempt) == clock.now_iso(15)
        clock.advance(4.9)
        keeper.tick()
        assert lease_of(attempt) == clock.now_iso(15 - 4.9)
        assert attempt.stop is None

    during(act)


def test_a_lease_that_ran_out_but_was_not_taken_is_renewed(
    during: Callable[..., str], clock: FakeClock
) -> None:
    """After a pause in which nobody else came, the work goes on."""

    def act(keeper: Keeper, attempt: Attempt) -> None:
        clock.advance(60)
        keeper.tick()
        assert lease_of(attempt) == clock.now_iso(15)
        assert attempt.stop is None

    run_id = during(act)
    assert step_of(run_id, FIRST).status == "success"


def test_a_step_of_the_shared_time_renews_every_lease_at_once(
    during: Callable[..., str], clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever judges by the new time must not find leases of the old one."""

    def act(keeper: Keeper, attempt: Attempt) -> None:
        clock.set_wall(3600)
        time.follow_server(wall_s() + 3600, running_s(), running_s())
        keeper.tick()
        assert lease_of(attempt) == clock.now_iso(15)
        before = lease_of(attempt)
        clock.advance(1)
        keeper.tick()
        assert lease_of(attempt) == before

    time = SharedTime()
    monkeypatch.setattr(lease_keeper, "shared_time", time)
    during(act)


def test_a_clock_that_is_wrong_is_told_once_and_stands_with_the_worker(
    sqlite_database: Database, clock: FakeClock, logs: Logs, monkeypatch: pytest.MonkeyPatch
) -> None:
    time = SharedTime()
    time.follow_server(wall_s() + 20, running_s(), running_s())
    monkeypatch.setattr(lease_keeper, "shared_time", time)
    logs.configure()
    keeper = Rig(clock=clock).keeper()
    for _ in range(2):
        keeper.tick()
        clock.advance(HEARTBEAT_INTERVAL_S)
    (line,) = [line for line in logs.lines if line["event"] == "clock.differs"]
    assert (line["level"], round(line["ahead_s"])) == ("WARNING", -20)
    assert "20 s behind the database's" in line["message"]
    (row,) = WorkersDao.all()
    assert row.clock_ahead_s == pytest.approx(-20, abs=0.1)


@pytest.mark.parametrize("passed_s", [0.1, 6.0], ids=["between renewals", "at a renewal"])
def test_a_loss_is_noticed_at_the_next_tick(
    during: Callable[..., str], clock: FakeClock, passed_s: float
) -> None:
    def act(keeper: Keeper, attempt: Attempt) -> None:
        cancel_run(attempt.claim.run_id, who="ann", reason="x")
        clock.advance(passed_s)
        keeper.tick()
        assert isinstance(attempt.stop, StepLostError)
        with pytest.raises(StepLostError):
            attempt.checkpoint()

    during(act)


def test_an_attempt_that_has_just_ended_is_not_called_lost(
    sqlite_database: Database, clock: FakeClock
) -> None:
    """The keeper saw it among the active ones, then it finished."""
    attempts: list[Attempt] = []

    def body(context: StepContext) -> Mapping[str, Any]:
        attempts.extend(rig.steps.active())
        return {}

    rig = Rig({FIRST: body}, clock=clock)
    rig.deliver(new_run(clock, broker="memory"), FIRST)
    looks = iter([attempts, []])
    Keeper(rig.settings, lambda: next(looks, []), 1, clock=clock).tick()
    assert attempts[0].stop is None


def test_a_sign_of_life_says_what_each_thread_holds_and_whether_it_moves(
    during: Callable[..., str], clock: FakeClock
) -> None:
    def act(keeper: Keeper, attempt: Attempt) -> None:
        began_at = clock.now_iso()
        clock.advance(6)
        attempt.progress(1, 2)
        moved_at = clock.now_iso()
        clock.advance(6)
        attempt.checkpoint()
        keeper.tick()
        (said,) = WorkersDao.all()[0].held
        assert (said.run_id, said.step, said.attempt) == (attempt.claim.run_id, FIRST, 1)
        assert (said.started_at, said.moved_at, said.stuck) == (began_at, moved_at, False)
        cancel_run(attempt.claim.run_id, actor="a test")
        clock.advance(6)
        keeper.tick()
        clock.advance(6)
        keeper.tick()
        (said,) = WorkersDao.all()[0].held
        assert (said.moved_at, said.stuck) == (moved_at, True)

    during(act)


def test_overdue_is_said_once(during: Callable[..., str], clock: FakeClock, logs: Logs) -> None:
    def act(keeper: Keeper, attempt: Attempt) -> None:
        with attempt.body_lock:
            attempt.in_body = False  # no exception into the test's own thread
        clock.advance(10)
        keeper.tick()
        assert attempt.stop is None
        clock.advance(11)
        keeper.tick()
        clock.advance(1)
        keeper.tick()
        assert isinstance(attempt.stop, StepOverdueError)

    during(act, step_time_limit_s=20.0)
    audited = [line for line in logs.lines if line["event"] == "step.overdue"]
    assert len(audited) == 2, "one line with the stack, one with the audit row"


def test_a_thread_that_does_not_react_is_given_up_and_its_step_has_failed(
    during: Callable[..., str], clock: FakeClock
) -> None:
    def act(keeper: Keeper, attempt: Attempt) -> None:
        with attempt.body_lock:
            attempt.in_body = False
        clock.advance(21)
        keeper.tick()
        assert lease_of(attempt) == clock.now_iso(15), "it has time to react"
        clock.advance(REACT_S - 0.1)
        keeper.tick()
        assert not attempt.given_up
        clock.advance(0.2)
        keeper.tick()
        assert attempt.given_up
        keeper.tick()

    run_id = during(act, step_time_limit_s=20.0)
    step = step_of(run_id, FIRST)
    assert (step.status, step.error_code, step.attempt) == ("failed", "time_limit", 1)
    assert "did not react to the interrupt within 10 s" in (step.error_message or "")


def test_signs_of_life_come_every_few_seconds(database: Database, clock: FakeClock) -> None:
    said: list[str | None] = [None, "refused"]
    keeper = Keeper(load_settings(), list, 7, clock=clock, broker_error=lambda: said.pop(0))

    def row() -> tuple[Any, ...]:
        rows = database.execute(
            "SELECT broker_error, worker, host, pid, broker, threads, started_at, heartbeat_at"
            " FROM workers"
        )
        (only,) = rows.fetchall()
        return tuple(only)

    started = clock.now_iso()
    keeper.tick()
    host, pid = socket.gethostname(), int(worker_name().split(":")[1])
    assert row() == (None, worker_name(), host, pid, "memory", 7, started, started)
    clock.advance(HEARTBEAT_INTERVAL_S - 0.1)
    keeper.tick()
    assert row()[-1] == started
    clock.advance(0.2)
    keeper.tick()
    assert row()[-2:] == (started, clock.now_iso())
    assert row()[0] == "refused"
    keeper.farewell()
    assert database.execute("SELECT count(*) FROM workers").fetchone()[0] == 0


@pytest.mark.parametrize(("lease_s", "interval_s"), [(0.6, 0.1), (15.0, 1.0), (600.0, 1.0)])
def test_it_looks_often_enough_for_the_lease(lease_s: float, interval_s: float) -> None:
    rig = Rig(lease_s=lease_s)
    assert rig.keeper().interval_s == pytest.approx(interval_s)


class TestTheLoop:
    """A background loop outlives what its ticks meet, and is not noisy about it."""

    def test_it_goes_on_after_errors_and_says_each_kind_once(
        self, sqlite_database: Database, logs: Logs
    ) -> None:
        plan = [OSError("a"), OSError("a"), None, OSError("a"), ValueError("b")]
        ticks: list[int] = []

        def tick() -> None:
            ticks.append(1)
            exc = plan[len(ticks) - 1] if len(ticks) <= len(plan) else None
            if exc:
                raise exc

        loop = Loop("tester", 0.001, tick)
        loop.start()
        wait_until("some ticks", lambda: len(ticks) > len(plan))
        loop.stop()
        said = [line["message"] for line in logs.lines if line["event"] == "loop.failed"]
        assert [text.rpartition("s: ")[2] for text in said] == [
            "OSError: a",
            "OSError: a",
            "ValueError: b",
        ]

    def test_it_stops_and_leaves_no_connection(self, database: Database) -> None:
        """Nor is one kept after a tick that failed, for which a server may have ended it."""
        seen: list[Any] = []

        def tick() -> None:
            database.execute("SELECT 1")
            seen.append(database.peewee.connection())
            if len(seen) == 1:
                raise OSError("the connection is dead")

        loop = Loop("tester", 0.001, tick)
        loop.start()
        wait_until("two ticks", lambda: len(seen) > 1)
        loop.stop()
        assert not loop._thread.is_alive()
        assert database.is_sqlite == (seen[0] is seen[1])
        if database.is_sqlite:
            with pytest.raises(sqlite3.ProgrammingError, match="closed"):
                seen[0].total_changes  # noqa: B018 - raises when closed
        else:
            assert [one.closed for one in seen[:2]] == [True, True]


def test_a_worker_leaves_no_connection_of_its_threads(sqlite_database: Database) -> None:
    """Threads close what they opened; only the test's own connection stays."""
    opened: list[Any] = []
    real = peewee.SqliteDatabase._connect

    def connect(self: Any) -> Any:
        connection = real(self)
        opened.append(connection)
        return connection

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(peewee.SqliteDatabase, "_connect", connect)
        rig, run_id = Rig(), new_run(broker="memory")
        with rig.working():
            rig.broker.enqueue(rig.broker.get_actor(FIRST).message(run_id))
            wait_until("the first step", lambda: step_of(run_id, FIRST).status == "success")
            wait_until("the threads", lambda: len(opened) >= 3)

    def still_open(connection: Any) -> bool:
        try:
            connection.total_changes  # noqa: B018 - raises when closed
            connection.execute("SELECT 1")
        except Exception as exc:  # noqa: BLE001 - closed, or of another thread
            return "closed" not in str(exc).lower()
        return True

    assert [connection for connection in opened if still_open(connection)] == []


def test_a_stuck_thread_is_seen_beside_the_attempt_that_its_own_process_makes_next(
    clock: FakeClock, sqlite_database: Database
) -> None:
    """The second attempt must neither hide the first nor take it off the list with its end."""
    seen: list[list[tuple[int, bool]]] = []

    def body(context: StepContext) -> Mapping[str, Any]:
        if context.attempt == 1:
            clock.advance(20)
            expire_leases("memory", clock=clock)
            again = threading.Thread(target=rig.deliver, args=(context.run_id, FIRST))
            again.start()
            again.join()
        keeper = rig.keeper()
        keeper.tick()
        clock.advance(HEARTBEAT_INTERVAL_S)
        keeper.tick()
        seen.append([(one.attempt, one.stuck) for one in WorkersDao.all()[0].held])
        return {}

    rig = Rig({FIRST: body}, clock=clock, lease_s=15.0)
    rig.deliver(new_run(clock, broker="memory"), FIRST)
    assert seen == [[(1, True), (2, False)], [(1, True)]]
