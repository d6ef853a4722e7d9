"""`scout worker` refuses clearly where it cannot work, and owns every line where it does."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from models.database.connection import Database
from tests.integration.fleet import fleet
from tests.support.cli import SECRET, Scout
from tests.support.scout_process import leaks, rows
from tests.support.scout_process import scout as scout_process
from tests.support.waiting import DEADLINE_S, wait_until


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--processes", "0"), "--processes"),
        (("--threads", "0"), "--threads"),
        (("--processes", "many"), "--processes"),
    ],
)
def test_it_is_refused(scout: Scout, args: tuple[str, ...], words: str) -> None:
    result = scout("worker", *args)
    assert result.exit_code == 2
    assert words in result.stderr


def test_without_a_broker_what_it_depends_on_is_not_there(
    scout: Scout, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On however large a machine."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(1_024)), raising=False)
    result = scout("worker")
    assert result.exit_code == 3
    assert "There is no broker" in result.stderr


def test_a_database_that_cannot_be_opened(
    scout: Scout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCOUT_BROKER_URL", "redis://127.0.0.1:1/0")
    (tmp_path / "file").write_text("x")
    monkeypatch.setenv("SCOUT_DATABASE_URL", f"sqlite:///{tmp_path / 'file' / 'x.db'}")
    assert scout("worker").exit_code == 3


def test_a_broker_that_does_not_answer_ends_it_with_a_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SCOUT_BROKER_URL", "redis://bob:hunter2@127.0.0.1:1/0")
    done = scout_process("worker", "--processes", "1")
    assert done.code == 3
    assert "hunter2" not in done.out + done.err
    (line,) = [line for line in done.lines if line["event"] == "worker.gave_up"]
    assert "127.0.0.1:1" in line["message"]
    assert line["hint"]


@pytest.mark.redis
def test_it_starts_says_it_is_there_and_stops_in_good_order_at_ctrl_c(
    database: Database, redis_url: str, tmp_path: Path
) -> None:
    with fleet("-p", "2", "-t", "1", SCOUT_BROKER_URL=redis_url) as workers:
        sql = "SELECT host, pid, broker, threads FROM workers"
        wait_until("both processes on record", lambda: len(rows(sql)) == 2)
        assert {row[2:] for row in rows(sql)} == {("redis", 1)}
        wait_until("both to say so", lambda: len(workers.said("worker.ready")) == 2)
        ready = {line["pid"] for line in workers.said("worker.ready")}
        assert {row[1] for row in rows(sql)} == ready
        workers.process.send_signal(signal.SIGINT)
        assert workers.process.wait(DEADLINE_S) == 0
        assert rows(sql) == []
    assert workers.parsed()[-1]["event"] == "worker.stopped"
    assert leaks(tmp_path, SECRET) == []
