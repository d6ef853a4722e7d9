"""`scout resume` goes on where a run stopped; `scout rerun` makes a new one of the old."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

import tasks.steps.github_search_pass2
from models.errors import PermanentError
from models.lifecycle import cancel_run
from models.lifecycle.crash_count import MAX_ALONE
from models.steps import STEP_NAMES
from tasks.step import StepContext
from tests.support.cli import Scout
from tests.support.runs import audits, run_of, step_of
from tests.support.scout_process import executed, only_run, rows, small_run
from tests.support.worlds import (
    PastClock,
    claim,
    crash_looped_run,
    finish_until,
    new_run,
    successful_run,
)

pytestmark = pytest.mark.usefixtures("nothing_leaks")

EIGHTH = "github_search_pass2"
assert STEP_NAMES[7] == EIGHTH


@pytest.fixture
def run(tmp_path: Path) -> tuple[str, ...]:
    """Return the command line of a dry run that exports below the test's folder."""
    return small_run(tmp_path / "out")


@pytest.fixture
def failed_in_eight(
    scout: Scout, run: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> Callable[[], str]:
    """Return what makes a run that failed in its eighth step, which works again afterwards."""

    def make() -> str:
        def broken(context: StepContext) -> Mapping[str, Any]:
            raise PermanentError("The search is down.", "Try it later.")

        with monkeypatch.context() as patch:
            patch.setattr(tasks.steps.github_search_pass2, "run", broken)
            assert scout(*run).exit_code == 1
        run_id = only_run()
        assert step_of(run_id, EIGHTH).status == "failed"
        return run_id

    return make


class TestResume:
    """Only a person's word opens a run again; what is done stays done."""

    def test_after_a_failure_in_step_8_only_8_to_10_run(
        self, scout: Scout, failed_in_eight: Callable[[], str]
    ) -> None:
        run_id = failed_in_eight()
        before = {name: step_of(run_id, name) for name in STEP_NAMES[:7]}
        result = scout("resume", run_id, "--log-format", "text")
        assert result.exit_code == 0
        assert f"resuming at {EIGHTH}; 7 finished steps are reused" in result.stderr
        assert {name: step_of(run_id, name) for name in STEP_NAMES[:7]} == before
        assert executed(run_id) == dict.fromkeys(STEP_NAMES, 1) | {EIGHTH: 2}
        run = run_of(run_id)
        assert (run.status, run.error) == ("success", None)
        (row,) = audits(run_id, "run.resumed")
        assert (row.data["step"], row.data["was"]) == (EIGHTH, "failed")
        assert row.data["reused"] == list(STEP_NAMES[:7])

    def test_the_result_is_that_of_an_undisturbed_run(
        self, scout: Scout, run: tuple[str, ...], failed_in_eight: Callable[[], str]
    ) -> None:
        from tasks.export.digest import export_digest

        resumed = failed_in_eight()
        scout("resume", "last")
        undisturbed = Path(scout(*run).stdout.strip()).parent
        assert export_digest(undisturbed) == export_digest(undisturbed.with_name(f"run_{resumed}"))

    def test_the_screen_shows_what_happens_now_and_not_what_was(
        self, scout: Scout, failed_in_eight: Callable[[], str]
    ) -> None:
        run_id = failed_in_eight()
        screen = scout("resume", run_id, "--log-format", "text").stderr
        shown = [line.split()[1] for line in screen.splitlines() if line.startswith(" ✓ ")]
        assert shown == list(STEP_NAMES[7:])
        assert "The search is down" not in screen

    def test_a_cancelled_run_can_be_resumed(self, scout: Scout, tmp_path: Path) -> None:
        run_id = new_run(out=str(tmp_path / "out"))
        cancel_run(run_id, who="ann", reason="wait")
        assert scout("resume", run_id).exit_code == 0
        assert run_of(run_id).status == "success"

    def test_a_run_whose_worker_died_is_resumed_with_its_interruption_on_record(
        self, scout: Scout, tmp_path: Path
    ) -> None:
        """Its attempt is closed as interrupted, so that each start has an end."""
        clock = PastClock(3600)
        run_id = new_run(clock=clock, out=str(tmp_path / "out"))
        claim(run_id, STEP_NAMES[0], clock)
        assert scout("resume", run_id).exit_code == 0
        assert run_of(run_id).status == "success"
        assert executed(run_id)[STEP_NAMES[0]] == 2
        assert len(audits(run_id, "step.interrupted")) == 1

    def test_a_run_that_failed_as_a_crash_loop_starts_counting_anew(
        self, scout: Scout, tmp_path: Path
    ) -> None:
        run_id = crash_looped_run(out=str(tmp_path / "out"))
        assert step_of(run_id, STEP_NAMES[0]).error_type == "crash_loop"
        assert scout("resume", run_id).exit_code == 0
        assert step_of(run_id, STEP_NAMES[0]).attempt == MAX_ALONE + 1

    def test_a_run_that_succeeded_is_not_resumed(self, scout: Scout) -> None:
        run_id = successful_run()
        result = scout("resume", run_id)
        assert result.exit_code == 2
        assert f"scout rerun {run_id}" in result.stderr
        assert audits(run_id, "run.resumed") == []

    def test_a_step_that_is_being_worked_on_is_left_alone(self, scout: Scout) -> None:
        run_id = new_run()
        claim(run_id, STEP_NAMES[0])
        result = scout("resume", run_id)
        assert result.exit_code == 2
        assert "there is nothing to resume" in result.stderr
        assert "its lease runs out in" in result.stderr
        assert step_of(run_id, STEP_NAMES[0]).status == "running"

    @pytest.mark.parametrize("name", ["ZZZZ", "01", "not-an-id!", "last"])
    def test_a_run_that_is_not_there(self, scout: Scout, name: str) -> None:
        result = scout("resume", name)
        assert result.exit_code == 2
        assert "scout run" in result.stderr

    def test_a_prefix_that_fits_several(self, scout: Scout) -> None:
        for _ in range(2):
            new_run()
        result = scout("resume", "0")
        assert result.exit_code == 2
        assert "fits several runs" in result.stderr

    def test_detach_needs_a_broker(self, scout: Scout) -> None:
        run_id = new_run()
        cancel_run(run_id, who="ann", reason="x")
        result = scout("resume", run_id, "--detach")
        assert result.exit_code == 2
        assert run_of(run_id).status == "cancelled"

    def test_json_prints_the_outcome(
        self, scout: Scout, failed_in_eight: Callable[[], str]
    ) -> None:
        run_id = failed_in_eight()
        data = json.loads(scout("resume", run_id, "--json").stdout)
        assert (data["run_id"], data["status"], data["exit_code"]) == (run_id, "success", 0)

    def test_a_run_that_fails_again_says_so(
        self,
        scout: Scout,
        failed_in_eight: Callable[[], str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        run_id = failed_in_eight()

        def broken(context: StepContext) -> Mapping[str, Any]:
            raise PermanentError("Still down.")

        monkeypatch.setattr(tasks.steps.github_search_pass2, "run", broken)
        assert scout("resume", run_id).exit_code == 1
        assert step_of(run_id, EIGHTH).error_message == "Still down."
        assert step_of(run_id, EIGHTH).attempt == 2

    @pytest.mark.redis
    def test_a_run_of_this_process_can_be_resumed_on_a_broker(
        self, scout: Scout, redis_url: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        import redis

        client = redis.Redis.from_url(redis_url)
        client.flushdb()
        run_id = new_run()
        cancel_run(run_id, who="ann", reason="x")
        monkeypatch.setenv("SCOUT_BROKER_URL", redis_url)
        assert scout("resume", run_id, "--detach").stdout.strip() == run_id
        assert (run_of(run_id).status, run_of(run_id).broker) == ("queued", "redis")
        assert client.llen("scout:scout") == 1
        client.flushdb()
        client.close()


class TestRerun:
    """A new run with the same arguments, linked to the old."""

    def test_it_is_linked_and_has_the_same_arguments(
        self, scout: Scout, run: tuple[str, ...]
    ) -> None:
        scout(*run, "--top", "7")
        old = only_run()
        assert scout("rerun", old).exit_code == 0
        ((new,),) = rows("SELECT run_id FROM runs WHERE run_id <> ?", old)
        row = run_of(new)
        assert (row.parent_run_id, row.command, row.status) == (old, "rerun", "success")
        assert row.args == run_of(old).args
        assert row.args["top"] == 7
        (created,) = audits(new, "run.created")
        assert created.data["parent_run_id"] == old

    def test_the_old_run_is_left_as_it_is(
        self, scout: Scout, failed_in_eight: Callable[[], str]
    ) -> None:
        old = failed_in_eight()
        before = run_of(old)
        assert scout("rerun", "last").exit_code == 0
        assert run_of(old) == before

    def test_a_run_that_is_not_there(self, scout: Scout) -> None:
        assert scout("rerun", "ZZZZ").exit_code == 2
        assert rows("SELECT count(*) FROM runs") == [(0,)]

    def test_fixtures_that_are_gone_are_said_before_anything_is_written(
        self, scout: Scout, tmp_path: Path
    ) -> None:
        old = new_run(fixtures=str(tmp_path / "gone"), out=str(tmp_path / "out"))
        finish_until(old)
        result = scout("rerun", old)
        assert result.exit_code in {2, 3}
        assert str(tmp_path / "gone") in result.stderr
        assert rows("SELECT count(*) FROM runs") == [(1,)]
