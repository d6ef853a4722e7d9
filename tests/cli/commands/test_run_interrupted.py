"""Ctrl-C, timeouts and sudden deaths of `scout run`: truthful rows, and a way to go on."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from models.database.connection import Database, database
from models.steps import STEP_NAMES
from models.text.canonical_json import dumps
from tests.support.cli import SECRET, Scout
from tests.support.databases import locked_error
from tests.support.runs import audits, events, run_of, step_of
from tests.support.scout_process import (
    HELD,
    SMALL_RUN,
    Done,
    executed,
    held,
    only_run,
    rows,
)
from tests.support.waiting import wait_until

pytestmark = pytest.mark.usefixtures("nothing_leaks")

DRY = ("run", "--dry", "--query", "vector database", *SMALL_RUN)
HELD_STEP = "hydrate_readme"
BEFORE = STEP_NAMES[: STEP_NAMES.index(HELD_STEP)]

#: Presses Ctrl-C again as soon as the first one has cancelled the run.
PRESSED_AGAIN = """
import signal
import cli.running.execution as execution
cancel_run = execution.cancel_run
def cancel_and_press(*args, **options):
    cancel_run(*args, **options)
    signal.raise_signal(signal.SIGINT)
execution.cancel_run = cancel_and_press
from cli.main import main
"""


@pytest.fixture
def run(tmp_path: Path) -> tuple[str, ...]:
    """Return the command line of a dry run that exports below the test's folder."""
    return (*DRY, "--out", str(tmp_path / "out"))


def quiet(done: Done) -> Done:
    """Check that an end on purpose shows neither a traceback nor the token."""
    assert "Traceback" not in done.err
    assert SECRET not in done.out + done.err
    return done


class TestCtrlC:
    """Embedded it interrupts cleanly, resumable; behind a broker the run goes on."""

    def test_the_run_is_cancelled_and_can_be_resumed(
        self, tmp_path: Path, run: tuple[str, ...], scout: Scout
    ) -> None:
        with held(tmp_path, *run, "--log-format", "text") as running:
            running.interrupt()
            done = quiet(running.end())
        run_id = only_run()
        assert done.code == 130
        assert f"interrupted · go on with: scout resume {run_id}" in done.err
        assert run_of(run_id).status == "cancelled"
        assert [step_of(run_id, name).status for name in BEFORE] == ["success"] * len(BEFORE)
        assert step_of(run_id, HELD_STEP).status == "cancelled"
        (row,) = audits(run_id, "run.cancelled")
        assert "Ctrl-C" in row.message
        resumed = scout("resume", run_id)
        assert resumed.exit_code == 0
        assert run_of(run_id).status == "success"
        assert executed(run_id) == {name: 2 if name == HELD_STEP else 1 for name in STEP_NAMES}

    @pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
    def test_a_signal_is_recorded_as_well_and_the_run_can_be_resumed_at_once(
        self, tmp_path: Path, run: tuple[str, ...], scout: Scout, number: signal.Signals, code: int
    ) -> None:
        with held(tmp_path, *run) as running:
            running.process.send_signal(number)
            done = quiet(running.end())
        run_id = only_run()
        assert done.code == code
        assert [line["event"] for line in done.lines].count("run.interrupted") == 1
        (row,) = audits(run_id, "run.cancelled")
        assert number.name in row.message
        assert step_of(run_id, HELD_STEP).status == "cancelled"
        assert scout("resume", run_id).exit_code == 0

    def test_in_json_lines_it_says_so_as_well(self, tmp_path: Path, run: tuple[str, ...]) -> None:
        with held(tmp_path, *run) as running:
            running.interrupt()
            done = quiet(running.end())
        assert done.code == 130
        (line,) = [line for line in done.lines if line["event"] == "run.interrupted"]
        assert line["run_id"] == only_run()
        assert "scout resume" in line["message"]

    def test_a_second_one_does_not_wait_for_a_step_that_hangs(
        self, tmp_path: Path, run: tuple[str, ...]
    ) -> None:
        """The first waits for the step's thread within the grace time; the second does not."""
        with held(tmp_path, *run, STUCK="1", SCOUT_SHUTDOWN_GRACE_S="600") as running:
            running.interrupt()
            wait_until("the run to be cancelled", lambda: run_of(only_run()).ended)
            running.interrupt()
            done = quiet(running.end())
        assert done.code == 130
        assert run_of(only_run()).status == "cancelled"

    def test_a_second_one_may_come_while_the_first_is_still_being_answered(
        self, tmp_path: Path, run: tuple[str, ...]
    ) -> None:
        """Pressed before the command waits for the step's thread, it counts all the same."""
        code = HELD.replace("from cli.main import main\n", PRESSED_AGAIN)
        with held(tmp_path, *run, code=code, STUCK="1", SCOUT_SHUTDOWN_GRACE_S="600") as running:
            running.interrupt()
            done = quiet(running.end())
        assert done.code == 130
        assert run_of(only_run()).status == "cancelled"

    @pytest.mark.redis
    @pytest.mark.parametrize("log_format", ["text", "json"])
    def test_behind_a_broker_the_run_goes_on_and_it_says_so(
        self,
        run: tuple[str, ...],
        scout: Scout,
        redis_url: str,
        monkeypatch: pytest.MonkeyPatch,
        log_format: str,
    ) -> None:
        """Nobody works here; the key is pressed while the command waits."""
        from cli.running import watcher as watch

        def interrupt(_: float) -> None:
            signal.raise_signal(signal.SIGINT)

        monkeypatch.setenv("SCOUT_BROKER_URL", redis_url)
        monkeypatch.setattr(watch.time, "sleep", interrupt)
        result = scout(*run, "--log-format", log_format)
        run_id = only_run()
        assert result.exit_code == 130
        assert "the run goes on" in result.stderr
        assert f"scout logs {run_id} --follow" in result.stderr
        assert run_of(run_id).status == "queued"
        assert "run.cancelled" not in events(run_id)


class TestTimeout:
    """`--timeout` ends the waiting with exit code 5 and loses nothing."""

    def unfinished(self, tmp_path: Path, run: tuple[str, ...]) -> str:
        with held(tmp_path, *run, "--timeout", "0.5") as running:
            done = quiet(running.end())
        run_id = only_run()
        assert done.code == 5
        (line,) = [line for line in done.lines if line["event"] == "run.unfinished"]
        assert "after 0.5 s" in line["message"]
        assert run_of(run_id).status == "running"
        step = step_of(run_id, HELD_STEP)
        assert (step.status, step.tries, step.interruptions) == ("pending", 0, 0)
        return run_id

    def test_resume_finishes_it(self, tmp_path: Path, run: tuple[str, ...], scout: Scout) -> None:
        run_id = self.unfinished(tmp_path, run)
        assert scout("resume", run_id).exit_code == 0
        assert executed(run_id) == {name: 2 if name == HELD_STEP else 1 for name in STEP_NAMES}

    def test_the_next_run_finishes_it_as_well(
        self, tmp_path: Path, run: tuple[str, ...], scout: Scout
    ) -> None:
        left = self.unfinished(tmp_path, run)
        result = scout(*run)
        assert result.exit_code == 0
        assert {status for (status,) in rows("SELECT status FROM runs")} == {"success"}
        assert executed(left)[HELD_STEP] == 2
        assert left not in result.stdout, "the command's own run is what it prints"

    def test_json_says_the_same(self, tmp_path: Path, run: tuple[str, ...]) -> None:
        with held(tmp_path, *run, "--timeout", "0.5", "--json") as running:
            done = quiet(running.end())
        data = json.loads(done.out)
        assert (done.code, data["exit_code"], data["status"]) == (5, 5, "running")


def test_a_run_whose_process_died_is_finished_by_the_next_one(
    tmp_path: Path, run: tuple[str, ...], scout: Scout
) -> None:
    with held(tmp_path, *run) as running:
        running.process.send_signal(signal.SIGKILL)
        done = running.end()
    assert done.code == -signal.SIGKILL
    left = only_run()
    assert run_of(left).status == "running"
    _let_the_lease_run_out(left)
    assert scout(*run).exit_code == 0
    assert run_of(left).status == "success"
    assert executed(left)[HELD_STEP] == 2
    assert len(audits(left, "step.interrupted")) == 1


def test_a_live_run_whose_process_died_waits_for_a_resume(
    tmp_path: Path, run: tuple[str, ...], scout: Scout
) -> None:
    """Another command would finish it by its own settings, and spend tokens unasked."""
    with held(tmp_path, *run) as running:
        running.process.kill()
        running.end()
    left = only_run()
    _let_the_lease_run_out(left)
    _set_dry(left, False)
    assert scout(*run).exit_code == 0
    assert run_of(left).status == "running"
    assert executed(left)[HELD_STEP] == 1
    _set_dry(left, True)  # so that it can be finished without a network
    assert scout("resume", left).exit_code == 0
    assert run_of(left).status == "success"


def _set_dry(run_id: str, dry: bool) -> None:
    ((text,),) = rows("SELECT args_json FROM runs WHERE run_id = ?", run_id)
    args = dumps(json.loads(text) | {"dry": dry})
    sql = "UPDATE runs SET args_json = ? WHERE run_id = ?"
    database().transact(lambda: database().execute(sql, (args, run_id)))


def test_a_run_that_is_being_worked_on_elsewhere_is_left_alone(
    tmp_path: Path, run: tuple[str, ...], scout: Scout
) -> None:
    """Two commands at the same time on one database: each does its own run."""
    with held(tmp_path, *run) as running:
        other = only_run()
        assert scout(*run).exit_code == 0
        assert run_of(other).status == "running"
        running.release()
        assert running.end().code == 0
    for (run_id,) in rows("SELECT run_id FROM runs"):
        assert set(executed(run_id).values()) == {1}


def _let_the_lease_run_out(run_id: str) -> None:
    """Put its end into the past; a lease so short could run out on those who are alive, too."""
    from models.clock import Clock

    assert step_of(run_id, HELD_STEP).lease_expires_at is not None
    sql = "UPDATE run_steps SET lease_expires_at = ? WHERE run_id = ? AND name = ?"
    given = (Clock().now_iso(-1), run_id, HELD_STEP)
    database().transact(lambda: database().execute(sql, given))


def test_ctrl_c_before_anything_was_created_leaves_nothing(
    scout: Scout, run: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    from cli.running.execution import Execution

    def interrupt(*_: Any, **__: Any) -> Any:
        signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(Execution, "create", interrupt)
    assert scout(*run).exit_code == 130
    assert rows("SELECT count(*) FROM runs") == [(0,)]


def test_a_database_that_is_locked_for_a_moment_delays_the_run(
    tmp_path: Path, run: tuple[str, ...], database: Database
) -> None:
    """Another program writes for a while in the middle of the run."""
    import peewee

    with held(tmp_path, *run) as running:
        other = peewee.SqliteDatabase(str(database.path))
        other.execute_sql("BEGIN IMMEDIATE")
        running.release()
        wait_until("the step's body to be done with its waiting", lambda: not running.mark.exists())
        assert step_of(only_run(), HELD_STEP).status == "running"
        other.execute_sql("COMMIT")
        other.close()
        done = running.end()
    assert quiet(done).code == 0
    assert set(executed(only_run()).values()) == {1}


def test_scout_run_outlives_a_database_read_that_fails_for_a_moment(
    scout: Scout, run: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when PostgreSQL is restarted while the command only watches."""
    from cli.running.watcher import Watcher

    real, failures = Watcher._show_news, iter([1, 1])

    def show(self: Watcher) -> None:
        for _ in failures:
            raise locked_error()
        real(self)

    monkeypatch.setattr(Watcher, "_show_news", show)
    assert scout(*run).exit_code == 0
    assert next(failures, None) is None
