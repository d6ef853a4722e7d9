"""How attempts end: retries by policy, endings that cannot be written, hand-offs that get lost."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Mapping
from typing import Any

import peewee
import pytest

from models.backoff import Backoff
from models.clock import from_iso
from models.dao.steps import StepsDao
from models.database.connection import Database, database
from models.errors import DatabaseUnavailableError, PermanentError, TransientError
from models.settings.runtime import load_settings
from models.steps import STEP_NAMES
from tasks.step import StepContext
from tests.support.clock import FakeClock
from tests.support.databases import locked_error, sqlite_error
from tests.support.logs import Logs
from tests.support.rig import FIRST, Rig, failing
from tests.support.runs import audits, events, new_run, run_of, step_of
from tests.support.waiting import DEADLINE_S, wait_until
from workers.attempts.retry_policy import RetryPolicy, is_transient
from workers.middleware.step_recorder import StepMiddleware

SECOND = STEP_NAMES[1]
AT_ONCE = RetryPolicy(max_tries=3, backoff=Backoff(0.0, 0.0))


class TestRetries:
    """Few, only for what may pass, and written down."""

    def test_a_transient_error_is_tried_again_later(
        self, database: Database, clock: FakeClock
    ) -> None:
        policy = RetryPolicy(max_tries=3, backoff=Backoff(8.0, 60.0))
        rig = Rig({FIRST: failing(TransientError("HTTP 503."))}, clock=clock, policy=policy)
        run_id = new_run(clock, broker="memory")
        rig.deliver(run_id, FIRST)
        step = step_of(run_id, FIRST)
        assert (step.status, step.attempt, step.tries) == ("pending", 1, 1)
        assert step.error_type == "TransientError"
        assert step.due_at == clock.now_iso(8)
        assert run_of(run_id).status == "running"
        (row,) = audits(run_id, "step.retrying")
        assert row.message.startswith(f"{FIRST}: try 1/3 failed, next try 12:00:08")
        assert "HTTP 503" in row.message
        assert row.data["next_try_at"] == clock.now_iso(8)
        assert rig.waiting() == []
        assert rig.waiting("scout.DQ") == [(FIRST, run_id)]

    def test_a_retry_is_not_started_before_its_time(
        self, sqlite_database: Database, clock: FakeClock
    ) -> None:
        rig = Rig({FIRST: failing(TransientError("busy"))}, clock=clock)
        run_id = new_run(clock, broker="memory")
        rig.deliver(run_id, FIRST)
        rig.deliver(run_id, FIRST)
        assert step_of(run_id, FIRST).attempt == 1
        assert "not due before" in audits(run_id, "step.duplicate_delivery")[0].data["reason"]

    def test_after_the_last_try_the_step_fails(self, database: Database) -> None:
        rig = Rig({FIRST: failing(TransientError("HTTP 503."))}, policy=AT_ONCE)
        run_id = new_run(broker="memory")
        rig.deliver(run_id, FIRST)
        rig.run_chain()
        step = step_of(run_id, FIRST)
        assert (step.status, step.attempt) == ("failed", 3)
        assert step.error_message == "HTTP 503. (try 3 of 3, the last)"
        assert events(run_id)[:8] == [
            "run.created",
            *["step.started", "step.retrying"] * 2,
            "step.started",
            "step.failed",
            "step.skipped",
        ]
        assert run_of(run_id).status == "failed"

    def test_a_try_that_works_ends_the_trying(self, sqlite_database: Database) -> None:
        def body(context: StepContext) -> Mapping[str, Any]:
            if context.attempt == 1:
                raise TransientError("busy")
            return {}

        rig, run_id = Rig({FIRST: body}, policy=AT_ONCE), new_run(broker="memory")
        rig.deliver(run_id, FIRST)
        rig.run_chain()
        step = step_of(run_id, FIRST)
        assert (step.status, step.attempt, step.error_type) == ("success", 2, None)
        assert run_of(run_id).status == "success"

    @pytest.mark.parametrize("handoff", ["broker", "thread"])
    def test_what_has_a_code_is_lines_and_no_traceback(
        self, sqlite_database: Database, logs: Logs, handoff: str
    ) -> None:
        """A full disk, most of all: each try of each run would fill what room is left for logs."""
        full = sqlite_error(sqlite3.SQLITE_FULL, "database or disk is full")
        rig = Rig({SECOND: failing(full)}, handoff=handoff)
        run_id = new_run(broker="memory")
        rig.deliver(run_id, FIRST)
        rig.run_chain()
        assert step_of(run_id, SECOND).attempt == 1
        told = [line for line in logs.lines if line["step"] == SECOND]
        assert not [line for line in told if "traceback" in line or "unhandled" in line["message"]]
        warned = [line["event"] for line in told if line["level"] in {"WARNING", "ERROR"}]
        assert warned == ["step.postponed"]

    def test_a_permanent_error_fails_at_once(self, sqlite_database: Database) -> None:
        rig = Rig({FIRST: failing(PermanentError("no"))}, policy=AT_ONCE)
        run_id = new_run(broker="memory")
        rig.deliver(run_id, FIRST)
        assert (step_of(run_id, FIRST).status, step_of(run_id, FIRST).attempt) == ("failed", 1)
        assert "step.retrying" not in events(run_id)


class TestThePolicy:
    """Exponential, jittered, bounded."""

    def test_delays_grow_up_to_a_maximum(self) -> None:
        policy = RetryPolicy()
        delays = [
            policy.delay_s(n, TransientError("x"), lambda low, high: 1.0) for n in range(1, 6)
        ]
        assert delays == [2.0, 8.0, 32.0, 60.0, 60.0]

    def test_steps_have_policies_of_their_own(
        self, sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SCOUT_RETRIES", f"5/90s {FIRST}=2/1s")
        steps = StepMiddleware(load_settings())
        for name, tries, delays in ((FIRST, 2, [1.0, 4.0]), (SECOND, 5, [90.0, 90.0])):
            policy = steps.policy.of_step(name)
            waits = [policy.delay_s(n, ConnectionError(), lambda *_: 1.0) for n in (1, 2)]
            assert (policy.max_tries, waits) == (tries, delays)
        rig = Rig({FIRST: failing(TransientError("HTTP 503."))}, policy=steps.policy)
        run_id = new_run(broker="memory")
        rig.deliver(run_id, FIRST)
        assert "try 1/2 failed" in audits(run_id, "step.retrying")[0].message

    @pytest.mark.parametrize("edge", [0, 1])
    def test_jitter_stays_within_its_share(self, edge: int) -> None:
        policy = RetryPolicy(backoff=Backoff(10.0, 60.0, jitter=(0.8, 1.2)))
        delay_s = policy.delay_s(1, TransientError("x"), lambda *bounds: bounds[edge])
        assert delay_s == pytest.approx((8.0, 12.0)[edge])

    @pytest.mark.parametrize(("asked_s", "waited_s"), [(30.0, 30.0), (0.5, 2.0), (9999.0, 72.0)])
    def test_a_wait_that_was_asked_for_is_kept_within_bounds(
        self, asked_s: float, waited_s: float
    ) -> None:
        exc = TransientError("rate limit", retry_after_s=asked_s)
        assert RetryPolicy().delay_s(1, exc, lambda low, high: 1.0) == pytest.approx(waited_s)

    @pytest.mark.parametrize(
        ("exc", "transient"),
        [
            (TransientError("x"), True),
            (ConnectionResetError(), True),
            (TimeoutError(), True),
            (locked_error(), True),
            (peewee.OperationalError("no such table: x"), False),
            (peewee.IntegrityError("x"), False),
            (PermanentError("x"), False),
            (DatabaseUnavailableError("x"), False),
            (ValueError("x"), False),
            (FileNotFoundError("x"), False),
        ],
        ids=repr,
    )
    def test_only_what_may_pass_is_transient(self, exc: Exception, transient: bool) -> None:
        assert is_transient(exc) is transient

    def test_a_database_that_was_locked_for_too_long_is_transient(self) -> None:
        exc = DatabaseUnavailableError("x")
        exc.__cause__ = locked_error()
        assert is_transient(exc)


class TestAnEndingThatCannotBeWritten:
    """The end waits for the database; if that is in vain, the row tells recovery."""

    def test_it_waits_until_the_database_answers(
        self, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Ten times locked, then free: one end is recorded, and the chain goes on."""
        failures = iter([locked_error()] * 5)
        real = StepsDao.finish

        def finish(*args: Any, **kwargs: Any) -> None:
            for exc in failures:
                raise exc
            real(*args, **kwargs)

        monkeypatch.setattr(StepsDao, "finish", staticmethod(finish))
        rig, run_id = Rig(), new_run(broker="memory")
        rig.deliver(run_id, FIRST)
        assert next(failures, None) is None
        assert rig.waiting() == [(SECOND, run_id)]
        assert events(run_id) == ["run.created", "step.started", "step.finished"]

    @pytest.mark.parametrize("fails", [False, True], ids=["success", "failure"])
    def test_in_vain_the_chain_is_not_dropped(
        self, database: Database, monkeypatch: pytest.MonkeyPatch, logs: Logs, fails: bool
    ) -> None:
        """The lease runs out, recovery closes the attempt and hands the step out again."""
        database.wait_s = 0.05

        def finish(*_: Any, **__: Any) -> None:
            raise locked_error()

        bodies = {FIRST: failing(PermanentError("no"))} if fails else {}
        rig, run_id = Rig(bodies, lease_s=0.5), new_run(broker="memory")
        with monkeypatch.context() as patch:
            patch.setattr(StepsDao, "finish", staticmethod(finish))
            rig.deliver(run_id, FIRST)
        (line,) = [line for line in logs.lines if line["event"] == "step.end_not_recorded"]
        assert (line["run_id"], line["step"], line["level"]) == (run_id, FIRST, "ERROR")
        assert step_of(run_id, FIRST).status == "running"
        rig.bodies.clear()
        recovery = rig.recovery()
        wait_until("the lease to run out", lambda: recovery.tick() or rig.run_chain())
        rig.run_chain()
        assert run_of(run_id).status == "success"
        assert events(run_id).count("step.interrupted") == 1
        assert step_of(run_id, FIRST).attempt == 2

    def test_an_unexpected_error_is_loud_and_recovery_goes_on(
        self, sqlite_database: Database, monkeypatch: pytest.MonkeyPatch, logs: Logs
    ) -> None:
        def finish(*_: Any, **__: Any) -> None:
            raise ValueError("a bug")

        rig, run_id = Rig(lease_s=0.5), new_run(broker="memory")
        with monkeypatch.context() as patch:
            patch.setattr(StepsDao, "finish", staticmethod(finish))
            rig.deliver(run_id, FIRST)
        assert [line["error"] for line in logs.lines if line["level"] == "CRITICAL"] == ["a bug"]
        assert rig.steps.active() == []
        recovery = rig.recovery()
        wait_until("the lease to run out", lambda: recovery.tick() or rig.run_chain())
        assert run_of(run_id).status == "success"

    def test_end_and_next_step_are_one_commit(
        self, database: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """When the next step cannot be made due, the step has not finished either."""
        database.wait_s = 0.05

        def make_due(*_: Any) -> None:
            raise locked_error()

        monkeypatch.setattr(StepsDao, "make_due", staticmethod(make_due))
        rig, run_id = Rig(), new_run(broker="memory")
        rig.deliver(run_id, FIRST)
        assert step_of(run_id, FIRST).status == "running"
        assert "step.finished" not in events(run_id)

    def test_a_locked_file_delays_the_end(self, sqlite_database: Database) -> None:
        """Another program holds SQLite's lock while the body ends."""
        path = sqlite_database.path
        assert path is not None
        other = peewee.SqliteDatabase(str(path), thread_safe=False, check_same_thread=False)
        locked = threading.Event()

        def body(context: StepContext) -> Mapping[str, Any]:
            other.connect()
            other.execute_sql("BEGIN IMMEDIATE")
            locked.set()
            return {}

        rig, run_id = Rig({FIRST: body}), new_run(broker="memory")

        def work() -> None:
            rig.deliver(run_id, FIRST)
            database().close_thread()

        thread = threading.Thread(target=work)
        thread.start()
        assert locked.wait(DEADLINE_S)
        assert step_of(run_id, FIRST).status == "running"
        other.execute_sql("COMMIT")
        thread.join(DEADLINE_S)
        other.close()
        assert step_of(run_id, FIRST).status == "success"
        assert rig.waiting() == [(SECOND, run_id)]


class TestAHandOffThatGetsLost:
    """The next step is due in the rows, whatever became of its message."""

    def test_a_message_that_was_not_sent_is_sent_by_recovery(
        self, database: Database, logs: Logs
    ) -> None:
        rig, run_id = Rig(repeat_after_s=0.0), new_run(broker="memory")
        real = rig.broker.enqueue

        def enqueue(*_: Any, **__: Any) -> Any:
            raise ConnectionError("the broker is away")

        rig.broker.enqueue = enqueue  # type: ignore[method-assign]
        rig.deliver(run_id, FIRST)
        (line,) = [line for line in logs.lines if line["event"] == "handoff.failed"]
        assert (line["run_id"], line["step"]) == (run_id, SECOND)
        assert step_of(run_id, FIRST).status == "success"
        assert run_of(run_id).status == "running"
        rig.broker.enqueue = real  # type: ignore[method-assign]
        rig.recovery().tick()
        assert rig.run_chain() == list(STEP_NAMES[1:])
        assert run_of(run_id).stats["attempts"] == 10

    def test_a_sender_that_loses_every_message_delays_the_run_only(
        self, sqlite_database: Database
    ) -> None:
        def send(*_: Any, **__: Any) -> bool:
            return True

        rig, run_id = Rig(send=send, repeat_after_s=0.0), new_run(broker="memory")
        recovery = rig.recovery()
        rig.deliver(run_id, FIRST)
        for name in STEP_NAMES[1:]:
            recovery.tick()
            assert rig.run_chain() == [name]
        assert run_of(run_id).status == "success"
        assert run_of(run_id).stats["attempts"] == 10

    def test_an_error_in_sending_does_not_undo_the_end(self, sqlite_database: Database) -> None:
        def send(*_: Any, **__: Any) -> bool:
            raise RuntimeError("a bug in the sender")

        rig, run_id = Rig(send=send), new_run(broker="memory")
        rig.deliver(run_id, FIRST)
        assert step_of(run_id, FIRST).status == "success"
        assert rig.steps.active() == []


def test_durations_agree_with_the_times(sqlite_database: Database, clock: FakeClock) -> None:
    def body(context: StepContext) -> Mapping[str, Any]:
        clock.advance(1.25)
        return {}

    rig, run_id = Rig({FIRST: body}, clock=clock), new_run(clock, broker="memory")
    rig.deliver(run_id, FIRST)
    step = step_of(run_id, FIRST)
    lasted = from_iso(step.finished_at or "") - from_iso(step.started_at or "")
    assert step.stats["duration_ms"] == lasted.total_seconds() * 1000 == 1250.0


def test_a_wall_clock_that_steps_back_makes_no_negative_duration(
    sqlite_database: Database, clock: FakeClock
) -> None:
    def body(context: StepContext) -> Mapping[str, Any]:
        clock.advance(0.5)
        clock.set_wall(-3600)
        return {}

    rig, run_id = Rig({FIRST: body}, clock=clock), new_run(clock, broker="memory")
    rig.deliver(run_id, FIRST)
    step = step_of(run_id, FIRST)
    assert step.stats["duration_ms"] == 500.0
    assert (step.finished_at or "") > (step.started_at or "")
