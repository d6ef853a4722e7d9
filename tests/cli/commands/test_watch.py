"""`scout watch` follows a run until its end, and says how it ended."""

from __future__ import annotations

import pytest

from models.database.connection import Database
from models.lifecycle import cancel_run
from tests.support.cli import Scout
from tests.support.worlds import failed_run, new_run, successful_run

pytestmark = pytest.mark.usefixtures("database")


def test_a_run_that_has_ended_is_shown_and_its_end_is_the_exit_code_if_asked(
    scout: Scout,
) -> None:
    failed = failed_run()
    for arguments, code in (((), 0), (("--exit-status",), 1)):
        result = scout("watch", failed, *arguments)
        assert result.exit_code == code
        assert "failed in" in result.stderr
    cancelled = new_run()
    cancel_run(cancelled, who="me", reason="wrong")
    assert scout("watch", "--exit-status").exit_code == 4
    assert scout.json("watch", successful_run())["status"] == "success"


def test_a_run_that_ends_meanwhile_ends_the_watching(
    scout: Scout, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = new_run()

    def sleep(_: float) -> None:
        cancel_run(run_id, who="me", reason="wrong")

    monkeypatch.setattr("cli.running.watcher.time.sleep", sleep)
    result = scout("watch", run_id, "--exit-status")
    assert result.exit_code == 4
    assert "cancelled by me: wrong" in result.stderr


def test_after_the_time_it_is_not_finished(scout: Scout, database: Database) -> None:
    del database
    run_id = new_run()
    result = scout("watch", run_id, "--timeout", "0.1")
    assert result.exit_code == 5
    assert "still queued after 0.1 s" in result.stderr
