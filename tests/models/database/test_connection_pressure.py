"""The database under pressure: locked, full, shared by threads, processes and forks."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import peewee
import pytest

from models.dao import RunsDao
from models.database import connection as db
from models.database import drivers
from models.database.connection import Database, database
from models.database.migrate import open_database
from models.errors import DatabaseUnavailableError, InputError
from models.events import Event
from models.lifecycle import Claim, claim_step, log_audit
from models.settings.runtime import load_settings
from tests.support.clock import FakeClock
from tests.support.databases import locked_error
from tests.support.processes import finished, read_line, say, start_python
from tests.support.runs import audits, events, new_run, run_of, statuses
from tests.support.waiting import DEADLINE_S

_HOLDER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.readline()
connection.execute("ROLLBACK")
"""
_WRITER = """
import sys
from models.events import Event
from models.lifecycle import Claim, claim_step, log_audit
from models.database.migrate import open_database
from models.settings.runtime import load_settings
open_database(load_settings())
for number in range(int(sys.argv[1])):
    log_audit(event=Event.EXPORT_WRITTEN, message=str(number), scope="test")
"""
_STOPPED_IN_TURN = """
import sys
from models.events import Event
from models.lifecycle import log_audit
from models.database.migrate import open_database
from models.settings.runtime import load_settings
database = open_database(load_settings())
with database.write():
    print("in turn", flush=True)
    sys.stdin.readline()
    log_audit(event=Event.EXPORT_WRITTEN, message="late", scope="test")
"""
_HOLDS_TURN = """
import fcntl, sys
with open(sys.argv[1], "a+") as turn:
    fcntl.flock(turn, fcntl.LOCK_EX)
    print("in turn", flush=True)
    sys.stdin.readline()
"""


@contextmanager
def lock_held(database: Database) -> Iterator[threading.Event]:
    """Hold SQLite's write lock in another process until the event is set or the block ends."""
    process = start_python(_HOLDER, str(database.path))
    assert read_line(process) == "locked"
    release = threading.Event()

    def let_go() -> None:
        release.wait()
        say(process, "let go")

    thread = threading.Thread(target=let_go)
    thread.start()
    try:
        yield release
    finally:
        release.set()
        thread.join()
        finished(process)


def reopened(monkeypatch: pytest.MonkeyPatch, wait_s: float) -> Database:
    """Open the test's database with another bound for waiting."""
    monkeypatch.setenv("SCOUT_DATABASE_WAIT_S", str(wait_s))
    database().close_thread()
    return open_database(load_settings())


def test_a_write_waits_while_another_process_holds_the_lock(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """SQLite's own waiting is made short, so that the write is tried again several times."""
    monkeypatch.setattr(drivers, "BUSY_TIMEOUT_S", 0.01)
    monkeypatch.setattr(db, "LONG_WAIT_S", 0.0)
    database = reopened(monkeypatch, 60)
    tries = []

    with lock_held(database) as release:

        def give_up() -> bool:
            tries.append("locked")
            if len(tries) == 3:
                release.set()
            return False

        database.transact(
            lambda: database.execute(
                "INSERT INTO singletons (name, holder, expires_at) VALUES ('a', 'b', 'c')"
            ),
            give_up=give_up,
        )

    assert len(tries) >= 3
    assert database.execute("SELECT name FROM singletons").fetchall() == [("a",)]
    wait = caplog.records[-1]
    assert (wait.__dict__["event"], wait.levelname) == ("database.waited", "WARNING")
    assert wait.__dict__["wait_ms"] > 0
    assert "the database was locked or away" in wait.getMessage()
    database.close_thread()


def test_a_write_transaction_holds_the_lock_before_its_first_statement(
    sqlite_database: Database,
) -> None:
    """One that began with a read would find the database locked when it writes, unwaited for."""
    path = sqlite_database.path
    assert path is not None
    with closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as other:
        with sqlite_database.write(), pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")
        other.execute("BEGIN IMMEDIATE")


def test_readers_do_not_wait_for_a_writer(sqlite_database: Database) -> None:
    run_id = new_run()
    with lock_held(sqlite_database):
        assert run_of(run_id).status == "queued"


def test_the_wait_for_a_lock_is_bounded(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = new_run()
    database = reopened(monkeypatch, 0.2)
    with lock_held(database), pytest.raises(DatabaseUnavailableError) as failure:
        new_run()

    assert "database is locked" in failure.value.message
    assert "Another program holds the file" in failure.value.hint
    assert [row.run_id for row in RunsDao.list()] == [run_id]
    database.close_thread()


def test_a_process_that_is_stopped_in_its_turn_does_not_stop_the_others_for_good(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It holds SQLite's lock as well, so what the others get is a bounded wait and a reason."""
    monkeypatch.setattr("models.database.write_lock.MAX_WAIT_S", 0.05)
    database = reopened(monkeypatch, 0.1)
    process = start_python(_STOPPED_IN_TURN)
    assert read_line(process) == "in turn"
    os.kill(process.pid, signal.SIGSTOP)
    try:
        with pytest.raises(DatabaseUnavailableError, match="locked"):
            new_run()
    finally:
        os.kill(process.pid, signal.SIGCONT)
        say(process, "go on")
        finished(process)

    assert len(audits(event="export.written")) == 1
    new_run()
    database.close_thread()


def test_a_process_that_holds_only_the_turn_does_not_keep_others_from_writing(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.database.write_lock.MAX_WAIT_S", 0.05)
    process = start_python(_HOLDS_TURN, f"{sqlite_database.path}-turn")
    assert read_line(process) == "in turn"

    run_id = new_run()
    say(process, "go on")
    finished(process)
    assert statuses(run_id) == ["pending"] * 10

    # Nor does a thread, which may wait for SQLite's own lock.
    with ThreadPoolExecutor(1) as pool, sqlite_database._turn.held():
        pool.submit(new_run).result(DEADLINE_S)


def test_a_stop_ends_the_wait_for_a_lock(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drivers, "BUSY_TIMEOUT_S", 0.01)
    database = reopened(monkeypatch, 3600)
    with lock_held(database), pytest.raises(DatabaseUnavailableError):
        database.transact(lambda: None, give_up=lambda: True)
    database.close_thread()


def test_the_lock_is_waited_for_when_a_database_is_opened(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with lock_held(sqlite_database):
        reopened(monkeypatch, 0).close_thread()


def test_a_full_disk_is_a_clear_error_and_leaves_a_readable_database(
    sqlite_database: Database,
) -> None:
    run_id = new_run()
    pages = sqlite_database.execute("PRAGMA page_count").fetchone()[0]
    sqlite_database.execute(f"PRAGMA max_page_count = {pages}")
    written = 0
    with pytest.raises(DatabaseUnavailableError) as failure:  # noqa: PT012 - which one is full
        while written < 1000:
            log_audit(event=Event.EXPORT_WRITTEN, message="x" * 400, scope="test", run_id=run_id)
            written += 1

    assert "database or disk is full" in failure.value.message
    assert "Free some disk space" in failure.value.hint
    assert len(audits(run_id, "export.written")) == written
    assert sqlite_database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert sqlite_database.peewee.transaction_depth() == 0
    sqlite_database.execute("PRAGMA max_page_count = 1000000")
    log_audit(event=Event.BRIEF_RANKED, message="again", scope="test", run_id=run_id)
    assert events(run_id)[-1] == "brief.ranked"


def test_an_error_that_waiting_cannot_cure_is_raised_at_once(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.database.connection.time.sleep", lambda _: pytest.fail("it waited"))
    tries = []

    def work() -> None:
        tries.append(1)
        database.execute("SELECT * FROM no_such_table")

    with pytest.raises((DatabaseUnavailableError, peewee.ProgrammingError), match="no_such_table"):
        database.transact(work)
    assert len(tries) == 1


def test_a_transaction_inside_another_is_not_tried_again_alone(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its rows would go with the outer one; only that may be repeated, as a whole."""
    outer, inner = [], []

    def fail_once() -> None:
        inner.append(1)
        if len(inner) == 1:
            raise locked_error()

    def work() -> str:
        outer.append(1)
        database.execute(
            "INSERT INTO singletons (name, holder, expires_at) VALUES (?, 'h', 'e')",
            (str(len(outer)),),
        )
        database.transact(fail_once)
        return "done"

    assert database.transact(work) == "done"
    assert (len(outer), len(inner)) == (2, 2)
    assert database.execute("SELECT name FROM singletons").fetchall() == [("2",)]


def test_a_scout_error_rolls_back_and_passes_through(database: Database) -> None:
    def work() -> None:
        database.execute("INSERT INTO singletons (name, holder, expires_at) VALUES ('a','b','c')")
        raise InputError("no")

    with pytest.raises(InputError, match="no"):
        database.transact(work)
    assert database.execute("SELECT count(*) FROM singletons").fetchone() == (0,)
    assert database.peewee.transaction_depth() == 0


def test_a_forked_child_writes_over_a_connection_of_its_own(database: Database) -> None:
    """The parent's connection is neither used nor closed by the child."""
    run_id = new_run()
    database.execute("SELECT 1").fetchone()
    parent_connection = database.peewee.connection()

    def child() -> None:
        assert database.peewee.is_closed()
        log_audit(
            event=Event.REPO_README_MISSING, message="from the child", scope="test", run_id=run_id
        )
        assert database.peewee.connection() is not parent_connection

    process = multiprocessing.get_context("fork").Process(target=child)
    process.start()
    process.join(DEADLINE_S)

    assert process.exitcode == 0
    assert database.peewee.connection() is parent_connection
    log_audit(
        event=Event.REPO_README_FETCHED, message="from the parent", scope="test", run_id=run_id
    )
    assert events(run_id) == ["run.created", "repo.readme.missing", "repo.readme.fetched"]


def test_threads_and_processes_take_turns(
    sqlite_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """8 threads and 2 processes write at once with hardly any waiting by SQLite itself."""
    monkeypatch.setattr(drivers, "BUSY_TIMEOUT_S", 0.5)
    database = reopened(monkeypatch, 0.5)
    threads, each = 8, 40
    processes = [start_python(_WRITER, "150") for _ in range(2)]
    errors: list[BaseException] = []

    def write(number: int) -> None:
        try:
            for index in range(each):
                log_audit(event=Event.EXPORT_WRITTEN, message=f"{number}.{index}", scope="test")
        except BaseException as exc:  # noqa: BLE001 - reported below
            errors.append(exc)
        finally:
            database.close_thread()

    workers = [threading.Thread(target=write, args=(number,)) for number in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(DEADLINE_S)
    for process in processes:
        finished(process)

    assert errors == []
    messages = [audit.message for audit in audits(event="export.written")]
    assert len(messages) == threads * each + 2 * 150
    for number in range(threads):
        mine = [message for message in messages if message.startswith(f"{number}.")]
        assert mine == [f"{number}.{index}" for index in range(each)]
    database.close_thread()


def test_runs_created_by_many_threads_are_all_complete(database: Database) -> None:
    made: list[str] = []

    def create() -> None:
        made.extend(new_run() for _ in range(5))
        database.close_thread()

    workers = [threading.Thread(target=create) for _ in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(DEADLINE_S)

    assert len(set(made)) == 30
    assert {tuple(statuses(run_id)) for run_id in made} == {("pending",) * 10}


def test_a_step_is_claimed_by_exactly_one_of_many_threads(
    database: Database, clock: FakeClock
) -> None:
    run_id = new_run(clock)
    start = threading.Barrier(6)
    outcomes: list[object] = []

    def claim(number: int) -> None:
        start.wait()
        outcome = claim_step(run_id, "init_run", worker=f"w{number}", lease_s=15, clock=clock)
        outcomes.append(outcome)
        database.close_thread()

    workers = [threading.Thread(target=claim, args=(number,)) for number in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(DEADLINE_S)

    assert len(outcomes) == 6
    assert sum(isinstance(outcome, Claim) for outcome in outcomes) == 1
    assert events(run_id).count("step.started") == 1
    assert events(run_id).count("step.duplicate_delivery") == 5


def test_a_thread_that_closes_its_connection_opens_another(database: Database) -> None:
    database.close_thread()
    database.close_thread()

    assert database.execute("SELECT 1").fetchone() == (1,)
