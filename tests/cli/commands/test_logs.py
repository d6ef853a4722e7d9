"""`scout logs` tells what a run recorded, during it and after."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable

import pytest

from cli.commands.logs import followed
from models.clock import Clock
from models.dao import AuditDao, RunsDao
from models.events import Event
from models.lifecycle import cancel_run, fail_step, finish_claim, log_audit, retry_step
from models.settings.runtime import load_settings
from tests.support.cli import Scout
from tests.support.waiting import DEADLINE_S
from tests.support.worlds import (
    PastClock,
    claim,
    failed_run,
    finish_until,
    new_run,
    successful_run,
)

pytestmark = pytest.mark.usefixtures("database")


def lines(scout: Scout, *args: str) -> list[dict[str, object]]:
    """Return the rows that `scout logs --json` wrote."""
    return [json.loads(line) for line in scout("logs", *args, "--json").stdout.splitlines()]


def test_every_row_comes_in_order_with_the_names_of_the_log_lines(scout: Scout) -> None:
    run_id = successful_run()
    rows = lines(scout, run_id)
    assert [row["event"] for row in rows] == [
        "run.created",
        *["step.started", "step.finished"] * 10,
        "run.finished",
    ]
    assert list(rows[2]) == [
        "timestamp", "level", "message", "run_id", "step", "attempt", "event", "duration_ms",
        "data",
    ]  # fmt: skip
    assert (rows[2]["step"], rows[2]["attempt"]) == ("init_run", 1)
    assert isinstance(rows[2]["duration_ms"], float)
    assert rows[1]["data"] == {"worker": "testhost:4242:beef"}
    assert (rows[0]["step"], rows[0]["attempt"]) == (None, None)


def test_text_lines_have_time_level_step_and_message(scout: Scout) -> None:
    run_id = failed_run("init_run")
    out = scout("logs", run_id).stdout.splitlines()
    assert re.fullmatch(
        r"\d\d:\d\d:\d\d\.\d{3}  ERROR    init_run {23}init_run failed: PermanentError: It broke\.",
        out[2],
    )


def test_filters_by_step_level_and_attempt(scout: Scout) -> None:
    run_id = new_run()
    clock = PastClock(-5)
    retry_step(claim(run_id, "init_run"), "TransientError", "HTTP 502", delay_s=1, max_tries=3)
    finish_claim(claim(run_id, "init_run", clock), {}, clock=clock)
    fail_step(claim(run_id, "github_rate_limit_snapshot", clock), "X", "y", clock=clock)
    assert {row["step"] for row in lines(scout, run_id, "--step", "init_run")} == {"init_run"}
    assert [row["event"] for row in lines(scout, run_id, "--attempt", "2")] == [
        "step.started", "step.finished",
    ]  # fmt: skip
    warnings = lines(scout, run_id, "--level", "warning")
    assert {row["level"] for row in warnings} == {"WARNING", "ERROR"}
    assert {row["level"] for row in lines(scout, run_id, "--level", "ERROR")} == {"ERROR"}
    assert "  init_run#2 " in scout("logs", run_id, "--attempt", "2").stdout
    for name, asked in (("init_run", ()), ("init_run#2", ("--attempt", "2"))):
        assert lines(scout, f"last/{name}") == lines(scout, run_id, "--step", "init_run", *asked)
    for wrong in (("last/init",), ("last/init_run#1", "--step", "init_run"), ("last/init_run#x",)):
        assert scout("logs", *wrong).exit_code == 2


def test_failed_shows_only_the_last_attempt_of_the_failing_step(scout: Scout) -> None:
    """What a person must read, and nothing before it."""
    run_id = new_run()
    retry_step(claim(run_id, "init_run"), "TransientError", "old", delay_s=0.5, max_tries=3)
    again = claim(run_id, "init_run")
    log_audit(
        event=Event.LLM_OUTPUT_INVALID_JSON, message="evidence", scope="init_run", run_id=run_id,
        step="init_run", attempt=2,
    )  # fmt: skip
    fail_step(again, "PermanentError", "new")
    assert [row["event"] for row in lines(scout, run_id, "--failed")] == [
        "step.started", "llm.output.invalid_json", "step.failed", "run.failed",
    ]  # fmt: skip


def test_failed_works_while_a_step_waits_for_its_next_try(scout: Scout) -> None:
    run_id = new_run()
    retry_step(claim(run_id, "init_run"), "TransientError", "HTTP 502", delay_s=60, max_tries=3)
    assert "step.retrying" in [row["event"] for row in lines(scout, run_id, "--failed")]


def test_failed_on_a_run_without_failure_says_so(scout: Scout) -> None:
    run_id = successful_run()
    result = scout("logs", run_id, "--failed")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "No step of this run failed.\n"


def test_failed_cannot_be_mixed_with_other_filters(scout: Scout) -> None:
    new_run()
    for extra in (["--follow"], ["--step", "init_run"], ["--attempt", "1"]):
        assert scout("logs", "last", "--failed", *extra).exit_code == 2


def test_no_match_is_said_on_stderr(scout: Scout) -> None:
    result = scout("logs", successful_run(), "--level", "ERROR")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "No row matches.\n")


def test_an_unknown_step_is_a_usage_error_that_lists_the_steps(scout: Scout) -> None:
    result = scout("logs", successful_run(), "--step", "hydrate")
    assert result.exit_code == 2
    assert "hydrate_readme" in result.stderr


def test_more_rows_than_a_page_all_come(scout: Scout, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.dao.audit._PAGE", 4)
    assert len(lines(scout, successful_run())) == 22


def doing(*todo: Callable[[], object]) -> Callable[[float], None]:
    """Return what waits between two looks: it does the next thing instead."""
    left = iter(todo)

    def wait(_: float) -> None:
        next(left)()

    return wait


def test_follow_prints_new_rows_and_ends_with_the_run() -> None:
    """Each look shows what was added since the last, once; the last rows are not missed."""
    run_id = new_run()
    wait = doing(lambda: claim(run_id, "init_run"), lambda: cancel_run(run_id, who="a", reason="b"))
    events = [row.event for row in followed(RunsDao.get(run_id), load_settings(), wait)]
    assert events == ["run.created", "step.started", *["step.cancelled"] * 10, "run.cancelled"]


def test_follow_tells_once_that_a_run_is_stalled(capsys: pytest.CaptureFixture[str]) -> None:
    run_id = new_run(clock=PastClock(60))
    wait = doing(int, int, lambda: cancel_run(run_id, who="a", reason="b"))
    list(followed(RunsDao.get(run_id), load_settings(), wait))
    err = capsys.readouterr().err
    assert err.count("stalled: waiting for init_run since") == 1


def test_follow_misses_no_row_that_is_committed_late() -> None:
    """On a server an id may be given out before, and appear after, a greater one."""
    from models.database.connection import database

    run_id = new_run()
    newest = database().execute("SELECT max(id) FROM audit_log").fetchone()[0]
    database().execute("UPDATE audit_log SET id = ? WHERE id = ?", (newest + 50, newest))

    def wait(_: float) -> None:
        database().execute(
            "INSERT INTO audit_log (id, ts, level, run_id, scope, event, message, data_json)"
            " VALUES (?, ?, 'INFO', ?, 'run', 'late.row', 'm', '{}')",
            (newest + 20, Clock().now_iso(), run_id),
        )
        cancel_run(run_id, who="a", reason="b")

    events = [row.event for row in followed(RunsDao.get(run_id), load_settings(), wait)]
    assert events.count("late.row") == 1
    assert events.count("run.created") == 1


def test_follow_of_an_ended_run_prints_it_and_ends(scout: Scout) -> None:
    assert len(scout("logs", successful_run(), "--follow").stdout.splitlines()) == 22


def test_ctrl_c_in_follow_exits_with_130_and_leaves_the_run_alone() -> None:
    run_id = new_run()
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "cli.main", "logs", run_id, "--follow"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = threading.Timer(DEADLINE_S, process.kill)
    deadline.start()
    try:
        assert process.stdout is not None
        assert "Run created" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate()
    finally:
        deadline.cancel()
        process.kill()
    assert process.returncode == 130
    assert "Traceback" not in err
    assert RunsDao.get(run_id).status == "queued"


def test_the_first_step_is_told_from_its_first_line(scout: Scout) -> None:
    run_id = new_run()
    finish_until(run_id, "github_search_pass1")
    assert [row["event"] for row in lines(scout, run_id, "--step", "init_run")] == [
        "step.started", "step.finished",
    ]  # fmt: skip


def test_lines_are_found_by_what_they_say(scout: Scout) -> None:
    run_id = failed_run(message="HTTP 502 from upstream")
    found = scout("logs", run_id, "--grep", "50[23]").stdout.splitlines()
    assert found
    assert all("502" in line for line in found)
    (row,) = lines(scout, run_id, "--grep", r"^run\.failed$")
    assert row["event"] == "run.failed", "the event's name is looked at, too"
    assert scout("logs", run_id, "--grep", "http 502").stderr == "No row matches.\n"
    assert "502" in scout("logs", run_id, "--grep", "(?i)http 502").stdout
    wrong = scout("logs", run_id, "--grep", "(")
    assert (wrong.exit_code, "is no regular expression" in wrong.stderr) == (2, True)


def test_the_last_lines_and_those_since(scout: Scout) -> None:
    clock = PastClock(7_200)
    run_id = new_run(clock=clock)
    claim(run_id, "init_run", clock)
    cancel_run(run_id, who="kim", reason="late")
    everything = lines(scout)
    assert lines(scout, "--tail", "3") == everything[-3:]
    assert lines(scout, "--since", "1h") == everything[2:]
    assert lines(scout, "--since", "1h", "--tail", "1") == everything[-1:]
    both = lines(scout, "--tail", "2", "--level", "WARNING", "--follow")
    assert both == everything[-2:]


def test_the_lines_of_all_runs_stand_under_their_ids(scout: Scout) -> None:
    old = failed_run(clock=PastClock(7_200), message="HTTP 502")
    new = failed_run(message="HTTP 503")
    text = scout("logs", "--all-runs", "--grep", "HTTP 50.", "--tail", "4").stdout.splitlines()
    heads = [line for line in text if line.startswith("run ")]
    assert heads == [f"run {old}", f"run {new}"]
    recent = lines(scout, "--all-runs", "--since", "1h")
    assert {row["run_id"] for row in recent} == {new}
    assert len(recent) == len(lines(scout, new))
    for other in (("last",), ("--follow",), ("--failed",)):
        assert scout("logs", "--all-runs", *other).exit_code == 2


def test_the_place_of_a_time_is_found_without_reading_everything(
    scout: Scout, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("models.dao.audit._OUT_OF_ORDER", 0)
    assert AuditDao.last_id_before("2020") == 0
    old = new_run(clock=PastClock(7_200))
    new = new_run()
    cut = PastClock(3_600).now_iso()
    last_old, first_new = AuditDao.newest_id(old), AuditDao.newest_id(new)
    assert last_old <= AuditDao.last_id_before(cut) < first_new
    assert AuditDao.last_id_before("2020") == 0


def test_groups_are_attempts_in_which_what_is_alike_is_counted(scout: Scout) -> None:
    run_id = new_run()
    claimed = claim(run_id, "init_run")
    for number in range(3):
        log_audit(
            event=Event.REPO_README_MISSING,
            message=f"o/r{number} has none.",
            scope="init_run",
            run_id=run_id,
            step="init_run",
            attempt=1,
        )
    retry_step(claimed, "TransientError", "HTTP 502", delay_s=1, max_tries=3)
    finish_claim(claim(run_id, "init_run", PastClock(-5)), {})
    out = scout("logs", run_id, "--group").stdout.splitlines()
    headings = [re.sub(r" in \d.*", "", line[10:]) for line in out if line[0] != " "]
    assert headings == ["run  1 row", "init_run#1  5 rows", "init_run#2  2 rows"]
    assert out[4] == "    3 × o/r2 has none."
    first = [
        json.loads(line)
        for line in scout("logs", run_id, "--group", "--json").stdout.split("\n")[:-1]
    ][1]
    assert (first["step"], first["attempt"], first["rows"], first["level"]) == (
        "init_run",
        1,
        5,
        "WARNING",
    )
    assert [(one["event"], one["count"]) for one in first["kinds"]] == [
        ("step.started", 1),
        ("repo.readme.missing", 3),
        ("step.retrying", 1),
    ]
    assert scout("logs", run_id, "--group", "--grep", "nothing").stderr == "No row matches.\n"
    assert scout("logs", run_id, "--group", "--follow").exit_code == 2
