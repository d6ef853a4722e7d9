"""Killed, paused, flushed, doubled, restarted: every run ends, and each step counts once."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import peewee
import pytest

from models.database.connection import Database, database
from models.steps import STEP_NAMES
from tests.integration.brokers import on_both_brokers
from tests.integration.fleet import (
    Fleet,
    _running,
    assert_truthful,
    finished_steps,
    fleet,
    same_results,
    submit,
    wait_for_all,
)
from tests.integration.held import supervised
from tests.support.runs import audits, events, everything, run_of, step_of
from tests.support.servers import Postgres, redis_server
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.redis, pytest.mark.drill, pytest.mark.usefixtures("handoff")]

MIDDLE = "llm_repo_analysis"


@pytest.fixture(params=["thread", "broker"])
def handoff(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a run's next step done by the thread that did the last one, and by any, by a message."""
    monkeypatch.setenv("SCOUT_HANDOFF", request.param)


class Hold:
    """Says which steps wait, and tells who works on them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def on(self, step: str) -> None:
        """Let every start of a step wait."""
        (self.folder / f"hold-{step}").touch()

    def off(self, step: str) -> None:
        """Let a step go on."""
        (self.folder / f"hold-{step}").unlink()

    def started(self, step: str, attempt: int = 1) -> int:
        """Wait for a start and return the process that made it."""
        mark = self.folder / f"{step}-{attempt}"
        text = wait_until(
            f"attempt {attempt} at {step}", lambda: mark.exists() and mark.read_text()
        )
        return int(text)


@pytest.fixture
def hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hold:
    """Return what makes steps wait."""
    folder = tmp_path / "held"
    folder.mkdir()
    monkeypatch.setenv("HELD", str(folder))
    return Hold(folder)


@contextmanager
def held_fleet(processes: int, secrets: dict[str, str], **environ: str) -> Iterator[Fleet]:
    """Run a supervisor with processes that hold."""
    with _running(Fleet(supervised(processes), environ), secrets) as running:
        yield running


@on_both_brokers
def test_a_worker_killed_in_the_middle_of_a_step(
    broker: Any, hold: Hold, secrets: dict[str, str]
) -> None:
    hold.on(MIDDLE)
    with held_fleet(1, secrets, SCOUT_LEASE_S="600") as workers:
        (run_id,) = submit(1, "unused")
        victim = hold.started(MIDDLE)
        os.kill(victim, signal.SIGKILL)
        assert hold.started(MIDDLE, 2) != victim
        hold.off(MIDDLE)
        wait_for_all()
    assert_truthful([run_id])
    (row,) = audits(run_id, "step.interrupted")
    assert "SIGKILL" in row.message
    assert f":{victim}:" in row.data["worker"]
    assert step_of(run_id, MIDDLE).attempt == 2
    assert len([line for line in workers.parsed() if line["event"] == "worker.died"]) == 1


def test_a_worker_killed_without_a_supervisor(
    broker: Any, hold: Hold, secrets: dict[str, str]
) -> None:
    """Nobody saw it die: its lease runs out, and another process goes on."""
    hold.on(MIDDLE)
    with held_fleet(1, secrets) as first:
        (run_id,) = submit(1, "unused")
        victim = hold.started(MIDDLE)
        os.kill(victim, signal.SIGSTOP)  # or it would stop in good order when its parent is gone
        first.kill()
        os.kill(victim, signal.SIGKILL)
    hold.off(MIDDLE)
    with held_fleet(1, secrets):
        wait_for_all()
    assert_truthful([run_id])
    assert "stopped renewing its lease" in audits(run_id, "step.interrupted")[0].message


@on_both_brokers
def test_all_messages_lost_in_mid_flight(
    broker: Any, tmp_path: Path, secrets: dict[str, str]
) -> None:
    with fleet("-p", "2", "-t", "2", secrets=secrets) as workers:
        run_ids = submit(10, str(tmp_path / "out"))
        wait_until("some steps", lambda: finished_steps() >= 15)
        broker.lose_messages()
        wait_for_all()
    assert_truthful(run_ids)
    same_results(run_ids)
    workers.parsed()


@on_both_brokers
def test_every_message_delivered_twice(broker: Any, hold: Hold, secrets: dict[str, str]) -> None:
    with held_fleet(2, secrets, TWICE="1") as workers:
        run_ids = submit(5, "unused", doubled=True)
        wait_for_all()
    assert_truthful(run_ids)
    assert all(run_of(run_id).stats["attempts"] == 10 for run_id in run_ids)
    assert workers.parsed()


def test_a_worker_paused_past_its_lease_changes_nothing_when_it_goes_on(
    broker: Any, hold: Hold, secrets: dict[str, str]
) -> None:
    hold.on(MIDDLE)
    with held_fleet(2, secrets) as workers:
        (run_id,) = submit(1, "unused")
        paused = hold.started(MIDDLE)
        os.kill(paused, signal.SIGSTOP)
        try:
            assert hold.started(MIDDLE, 2) != paused
            hold.off(MIDDLE)
            wait_for_all()
            before = everything(database())
        finally:
            os.kill(paused, signal.SIGCONT)
        wait_until("the paused step to notice", lambda: workers.said("step.lease_lost"))
        assert everything(database()) == before
    assert_truthful([run_id])
    assert step_of(run_id, MIDDLE).stats["attempt"] == 2


def test_a_rolling_restart_under_load(broker: Any, tmp_path: Path, secrets: dict[str, str]) -> None:
    """New workers come before the old ones go, twice, and once by SIGHUP."""
    run_ids: list[str] = []
    outputs: list[Fleet] = []

    def more_steps(count: int) -> None:
        wanted = finished_steps() + count
        wait_until(
            f"{count} more steps", lambda: finished_steps() >= min(wanted, len(run_ids) * 10)
        )

    with fleet("-p", "1", "-t", "2", secrets=secrets) as old:
        run_ids += submit(20, str(tmp_path / "out"))
        more_steps(20)
        with fleet("-p", "1", "-t", "2", secrets=secrets) as new:
            wait_until("the new worker", lambda: new.said("worker.ready"))
            assert old.stop() == 0
            more_steps(20)
            os.kill(new.process.pid, signal.SIGHUP)
            wait_until("its replacement", lambda: len(new.said("worker.ready")) == 2)
            wait_for_all()
    outputs += [old, new]
    assert_truthful(run_ids)
    same_results(run_ids)
    for run_id in run_ids:
        cut_off = audits(run_id, "step.interrupted")
        assert [row.message for row in cut_off if row.data["interruptions"]] == []
        assert "step.retrying" not in events(run_id)
    for workers in outputs:
        assert workers.parsed()


def test_a_broker_that_is_restarted_with_all_messages_lost(
    broker: Any, tmp_path: Path, secrets: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with redis_server() as url:
        port = int(url.split(":")[2].split("/")[0])
        monkeypatch.setenv("SCOUT_BROKER_URL", url)
        workers = Fleet([*_scout_worker(), "-p", "1", "-t", "2"])
        run_ids = submit(6, str(tmp_path / "out"))
        wait_until("some steps", lambda: finished_steps() >= 10)
    try:
        with redis_server(port), _running(workers, secrets):
            wait_for_all()
    finally:
        if workers.process.poll() is None:
            workers.kill()
    assert_truthful(run_ids)
    workers.parsed()


@pytest.mark.postgres
@pytest.mark.parametrize("database", ["postgres"], indirect=True)
def test_postgres_stopped_and_started_again(
    broker: Any, postgres: Postgres, hold: Hold, secrets: dict[str, str]
) -> None:
    """In the middle of a step, for longer than its lease."""
    hold.on(MIDDLE)
    with held_fleet(2, secrets) as workers:
        (run_id,) = submit(1, "unused")
        hold.started(MIDDLE)
        database().close_thread()
        postgres.stop()
        try:
            stopped_s = time.monotonic()
            wait_until("workers to miss it", lambda: workers.said("loop.failed"))
            wait_until("the lease to be over", lambda: time.monotonic() > stopped_s + 2.0)
        finally:
            postgres.start()
        hold.off(MIDDLE)
        wait_until("the run to end", lambda: database().reading(lambda: run_of(run_id).ended))
    assert_truthful([run_id])
    assert step_of(run_id, MIDDLE).attempt == 1, "nobody died, so nobody is interrupted"
    workers.parsed()


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_sqlite_locked_by_another_program_for_longer_than_a_lease(
    broker: Any, database: Database, tmp_path: Path, secrets: dict[str, str]
) -> None:
    with fleet("-p", "2", "-t", "2", secrets=secrets) as workers:
        run_ids = submit(5, str(tmp_path / "out"))
        wait_until("some steps", lambda: finished_steps() >= 8)
        other = peewee.SqliteDatabase(str(database.path))
        wait_until("a step to be at work", lambda: _locked_amid_work(other))
        held = finished_steps()
        wait_until(
            "leases to run out",
            lambda: database.execute(
                "SELECT max(lease_expires_at) < ? FROM run_steps", (_now(),)
            ).fetchone()[0],
        )
        assert finished_steps() == held
        other.execute_sql("COMMIT")
        other.close()
        wait_for_all()
    assert_truthful(run_ids)
    same_results(run_ids)
    workers.parsed()


def _locked_amid_work(other: peewee.SqliteDatabase) -> bool:
    """Lock the database, unless no step holds a lease just then."""
    other.execute_sql("BEGIN IMMEDIATE")
    sql = "SELECT count(*) FROM run_steps WHERE lease_expires_at IS NOT NULL"
    if other.execute_sql(sql).fetchone()[0]:
        return True
    other.execute_sql("ROLLBACK")
    return False


def _now() -> str:
    from models.clock import Clock

    return Clock().now_iso()


def _scout_worker() -> list[str]:
    from tests.integration.fleet import SCOUT

    return [*SCOUT, "worker"]


assert MIDDLE in STEP_NAMES
