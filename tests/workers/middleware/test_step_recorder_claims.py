"""Claim before work: late, doubled and early messages, races, and a database that is away."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

import peewee
import pytest

from models.dao import step_statements
from models.dao.steps import StepsDao
from models.database.connection import Database, database
from models.lifecycle import cancel_run
from models.log_context import WorkContext, current_work
from models.steps import STEP_NAMES
from tasks.step import StepContext
from tests.support.clock import FakeClock
from tests.support.databases import locked_error
from tests.support.logs import Logs
from tests.support.rig import FIRST, Rig, counting
from tests.support.runs import audits, events, new_run, run_of, step_of
from tests.support.waiting import DEADLINE_S, wait_until

SECOND = STEP_NAMES[1]


@pytest.fixture
def calls() -> list[str]:
    """Return the names of the bodies that ran."""
    return []


@pytest.fixture
def rig(calls: list[str], database: Database) -> Rig:
    """Return a rig whose bodies note that they ran."""
    database.wait_s = 0.1
    make = counting(calls)
    return Rig({name: make(name) for name in STEP_NAMES})


def test_a_second_delivery_of_a_finished_step_changes_nothing(
    rig: Rig, calls: list[str], logs: Logs
) -> None:
    run_id = new_run(broker="memory")
    rig.deliver(run_id, FIRST)
    before = step_of(run_id, FIRST)
    rig.waiting()
    rig.deliver(run_id, FIRST)
    assert calls == [FIRST]
    assert step_of(run_id, FIRST) == before
    (row,) = audits(run_id, "step.duplicate_delivery")
    assert row.data["reason"] == "the step is already success"
    assert rig.waiting() == [], "a duplicate must not hand on"
    assert {line["level"] for line in logs.lines} <= {"DEBUG", "INFO", "WARNING"}


def test_a_second_delivery_of_a_running_step_changes_nothing(
    rig: Rig, calls: list[str], database: Database
) -> None:
    """The second message comes while the first is being worked on."""
    run_id = new_run(broker="memory")
    other = Rig(rig.bodies)

    def body(context: StepContext) -> Mapping[str, Any]:
        calls.append(FIRST)
        threading_done = _in_thread(lambda: other.deliver(run_id, FIRST))
        assert threading_done
        return {}

    rig.bodies[FIRST] = body
    rig.deliver(run_id, FIRST)
    assert calls == [FIRST]
    assert step_of(run_id, FIRST).attempt == 1
    (row,) = audits(run_id, "step.duplicate_delivery")
    assert "attempt 1 is running on" in row.data["reason"]
    assert other.waiting() == []


def test_a_message_for_a_later_step_waits_for_its_turn(rig: Rig, calls: list[str]) -> None:
    run_id = new_run(broker="memory")
    for name in reversed(STEP_NAMES):
        rig.deliver(run_id, name)
    assert calls == [FIRST]
    assert rig.run_chain() == list(STEP_NAMES[1:])
    assert calls == list(STEP_NAMES)
    assert run_of(run_id).stats["attempts"] == 10
    assert events(run_id).count("step.duplicate_delivery") == 9


def test_every_message_delivered_twice_doubles_nothing(rig: Rig, calls: list[str]) -> None:
    run_id = new_run(broker="memory")
    for name in STEP_NAMES:
        rig.deliver(run_id, name)
        rig.deliver(run_id, name)
    rig.run_chain()
    assert calls == list(STEP_NAMES)
    assert events(run_id).count("step.finished") == 10
    assert run_of(run_id).status == "success"


def test_a_message_that_comes_before_its_step_is_due_comes_again_in_time(
    database: Database, clock: FakeClock
) -> None:
    """A broker's delay is timed by another machine's clock."""
    sent: list[tuple[str, float]] = []

    def send(broker: Any, run_id: str, name: str, *, delay_s: float = 0.0) -> bool:
        sent.append((name, delay_s))
        return True

    rig, run_id = Rig(clock=clock, send=send), new_run(clock)
    clock.set_wall(-20)
    rig.deliver(run_id, FIRST)
    assert sent == [(FIRST, 20.0)]
    clock.set_wall(20)
    rig.deliver(run_id, FIRST)
    rig.deliver(run_id, FIRST)  # one that comes too late is not sent again
    assert sent[1:] == [(STEP_NAMES[1], 0.0)]


def test_a_message_for_a_cancelled_run_starts_nothing(rig: Rig, calls: list[str]) -> None:
    run_id = new_run(broker="memory")
    cancel_run(run_id, who="ann", reason="wrong query")
    rig.deliver(run_id, FIRST)
    assert calls == []
    assert audits(run_id, "step.duplicate_delivery")[0].data["reason"] == "the run is cancelled"


def test_a_message_for_a_run_that_does_not_exist_is_harmless(rig: Rig, calls: list[str]) -> None:
    rig.deliver("01JD2K3M4N5P6Q7R8S9T0V1W2X", FIRST)
    assert calls == []
    assert rig.acknowledged == [FIRST]


def test_a_message_without_a_run_is_harmless(rig: Rig, calls: list[str]) -> None:
    rig._process(rig.broker.get_actor(FIRST).message())
    assert calls == []
    assert rig.acknowledged == [FIRST]


def test_two_workers_that_race_for_a_step_start_it_once(database: Database) -> None:
    """Both look before either claims: the conditional update decides."""
    calls: list[str] = []
    rigs = [Rig({FIRST: counting(calls)(FIRST)}) for _ in range(2)]
    real, gate = StepsDao.claim, threading.Barrier(2, timeout=DEADLINE_S)

    def claim(*args: Any) -> bool:
        return real(*args)

    real_view = StepsDao.for_claim
    looks: list[str] = []

    def for_claim(run_id: str, name: str) -> Any:
        row = real_view(run_id, name)
        looks.append(name)
        if len(looks) <= 2 and not gate.broken:
            gate.wait()
        return row

    run_id = new_run(broker="memory")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(StepsDao, "for_claim", staticmethod(for_claim))
        patch.setattr(StepsDao, "claim", staticmethod(claim))
        threads = [_start(lambda rig=rig: rig.deliver(run_id, FIRST)) for rig in rigs]  # type: ignore[misc]
        for thread in threads:
            thread.join(DEADLINE_S)
    assert calls == [FIRST]
    assert step_of(run_id, FIRST).attempt == 1
    assert events(run_id).count("step.started") == 1
    assert events(run_id).count("step.duplicate_delivery") == 1


class TestADatabaseThatBreaksAtTheClaim:
    """No step runs unrecorded, and none is lost for it."""

    @pytest.fixture
    def break_claims(self, monkeypatch: pytest.MonkeyPatch) -> Callable[[Exception], None]:
        """Return what makes every claim raise until the patch is undone."""

        def broken(exc: Exception) -> None:
            def claim(*_: Any) -> bool:
                raise exc

            monkeypatch.setattr(StepsDao, "claim", staticmethod(claim))
            monkeypatch.setattr(step_statements, "claim", claim)

        return broken

    @pytest.mark.parametrize(
        "exc",
        [
            locked_error(),
            peewee.OperationalError("disk I/O error"),
            peewee.DatabaseError("database disk image is malformed"),
            peewee.IntegrityError("constraint"),
            ValueError("a bug"),
        ],
        ids=str,
    )
    def test_the_body_never_runs(
        self,
        rig: Rig,
        calls: list[str],
        break_claims: Callable[[Exception], None],
        exc: Exception,
    ) -> None:
        run_id = new_run(broker="memory")
        break_claims(exc)
        rig.deliver(run_id, FIRST)
        assert calls == []
        assert step_of(run_id, FIRST).status == "pending"
        assert events(run_id) == ["run.created"]

    @pytest.mark.parametrize(
        "exc",
        [peewee.OperationalError("disk I/O error"), ValueError("a bug")],
        ids=str,
    )
    def test_the_line_says_which_step_was_not_started_and_why(
        self,
        rig: Rig,
        break_claims: Callable[[Exception], None],
        exc: Exception,
        logs: Logs,
    ) -> None:
        run_id = new_run(broker="memory")
        break_claims(exc)
        rig.deliver(run_id, FIRST)
        lines = [line for line in logs.lines if line.get("error_type") == "StepNotRecordedError"]
        assert [line["run_id"] for line in lines] == [run_id]
        assert str(exc) in lines[0]["error"]

    def test_the_thread_is_clean_for_its_next_message(
        self, rig: Rig, break_claims: Callable[[Exception], None], logs: Logs
    ) -> None:
        """Nothing stays bound, and the attempt before is not ended a second time."""
        first, second = new_run(broker="memory"), new_run(broker="memory")
        rig.deliver(first, FIRST)
        break_claims(ValueError("a bug"))
        rig.deliver(second, FIRST)
        assert current_work() == WorkContext()
        assert [line for line in logs.lines if line["event"] == "step.lease_lost"] == []

    def test_recovery_hands_the_step_out_again(
        self,
        calls: list[str],
        monkeypatch: pytest.MonkeyPatch,
        break_claims: Callable[[Exception], None],
        sqlite_database: Database,
    ) -> None:
        sqlite_database.wait_s = 0.1
        rig = Rig({FIRST: counting(calls)(FIRST)}, repeat_after_s=0.0)
        run_id = new_run(broker="memory")
        break_claims(locked_error())
        rig.deliver(run_id, FIRST)
        assert rig.waiting() == []
        monkeypatch.undo()
        rig.recovery().tick()
        assert rig.run_chain()[0] == FIRST
        assert calls == [FIRST]
        assert run_of(run_id).status == "success"

    def test_a_claim_waits_for_a_lock(self, sqlite_database: Database) -> None:
        """Another program holds SQLite's lock: the message waits, the step then starts."""
        rig, run_id = Rig(), new_run(broker="memory")
        path = sqlite_database.path
        assert path is not None
        other = peewee.SqliteDatabase(str(path))
        other.execute_sql("BEGIN IMMEDIATE")
        thread = _start(lambda: rig.deliver(run_id, FIRST))
        wait_until("the claim to be tried", database()._turn._threads.locked)  # type: ignore[attr-defined]
        assert step_of(run_id, FIRST).status == "pending"
        other.execute_sql("COMMIT")
        other.close()
        thread.join(DEADLINE_S)
        assert step_of(run_id, FIRST).status == "success"


def _start(work: Callable[[], None]) -> threading.Thread:
    def run() -> None:
        try:
            work()
        finally:
            database().close_thread()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def _in_thread(work: Callable[[], None]) -> bool:
    thread = _start(work)
    thread.join(DEADLINE_S)
    return not thread.is_alive()
