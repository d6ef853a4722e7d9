"""`scout explain`: one diagnosis per way in which a run can end or hang."""

from __future__ import annotations

import re

import pytest

from models.clock import Clock
from models.codes import Code
from models.database.connection import database
from models.events import Event
from models.failures import CATALOGUE
from models.lifecycle import (
    cancel_run,
    close_worker,
    fail_step,
    finish_claim,
    log_audit,
    retry_step,
)
from models.steps import LLM_STEPS, STEP_NAMES
from tests.support.cli import Scout
from tests.support.live_cli import explained
from tests.support.worlds import (
    WORKER,
    PastClock,
    add_brief,
    add_worker,
    claim,
    crash_looped_run,
    failed_run,
    finish_until,
    new_run,
    successful_run,
)

pytestmark = pytest.mark.usefixtures("database")


def test_success_counts_the_briefs_that_were_written(scout: Scout) -> None:
    run_id = successful_run()
    add_brief(run_id)
    add_brief(run_id, content=None)
    diagnosis = explained(scout, run_id)
    assert diagnosis["code"] == "success"
    assert diagnosis["what"] == "The run succeeded with 1 brief."
    assert diagnosis["evidence"] == []


def test_success_notes_invalid_answers_of_the_model(scout: Scout) -> None:
    run_id = new_run()
    for name in ("a", "b"):
        log_audit(
            event=Event.LLM_OUTPUT_INVALID_JSON, message=f"{name} is not valid", run_id=run_id,
            scope="llm_repo_analysis", step="llm_repo_analysis", level="WARNING",
        )  # fmt: skip
    finish_until(run_id, stats_of={"llm_repo_analysis": {"invalid": 2}})
    add_brief(run_id)
    diagnosis = explained(scout, run_id)
    assert diagnosis["meaning"] == "Something is missing; the notes say what."
    assert diagnosis["evidence"] == [
        "llm_repo_analysis: the model's answers about 2 were not valid and not used",
        "b is not valid",
    ]


def test_success_without_briefs_names_the_threshold(scout: Scout) -> None:
    run_id = new_run(min_score=0.77)
    finish_until(run_id)
    add_brief(run_id, "rejected_by_threshold", None)
    diagnosis = explained(scout, run_id)
    assert diagnosis["code"] == "success_without_briefs"
    assert "--min-score 0.77" in diagnosis["meaning"]


@pytest.mark.parametrize(("score", "accepted"), [(0.5789, "0.57"), (0.57, "0.57"), (0.004, "0.00")])
def test_success_without_briefs_begins_with_the_command_that_accepts_the_best_group(
    scout: Scout, score: float, accepted: str
) -> None:
    run_id = new_run()
    finish_until(run_id)
    for rejected in (0.001, score):
        add_brief(run_id, "rejected_by_threshold", None, score=rejected)
    diagnosis = explained(scout, run_id)
    assert diagnosis["next"][0] == f"scout briefs generate {run_id} --min-score {accepted}"
    assert len(diagnosis["next"]) == 3


@pytest.mark.parametrize("no_llm", [False, True])
def test_a_query_without_a_hit_points_to_the_search(scout: Scout, no_llm: bool) -> None:
    run_id = new_run(no_llm=no_llm, stars=700, days=30)
    finish_until(run_id, stats={"found": 0}, without=LLM_STEPS if no_llm else ())
    diagnosis = explained(scout, run_id)
    assert diagnosis["what"] == "No repository matches the query."
    assert "--stars 700 at least, and --days 30" in diagnosis["meaning"]
    advice = " ".join(diagnosis["next"])
    assert "lower --stars, or raise --days" in advice
    assert "--step github_search_pass1" in advice
    assert "llm_brief_generate" not in advice


def test_success_without_any_group_says_to_widen_the_query(scout: Scout) -> None:
    diagnosis = explained(scout, successful_run())
    assert diagnosis["code"] == "success_without_briefs"
    assert "Widen the query" in diagnosis["next"][0]


def test_success_without_a_model_misses_no_briefs(scout: Scout) -> None:
    run_id = successful_run_without_a_model()
    diagnosis = explained(scout, run_id)
    assert diagnosis["code"] == "success"
    assert diagnosis["what"] == "The run succeeded; it wrote no briefs (--no-llm)."
    assert diagnosis["meaning"] == "Nothing is wrong."


def successful_run_without_a_model() -> str:
    run_id = new_run(no_llm=True)
    for name in STEP_NAMES:
        if name not in LLM_STEPS:
            finish_claim(claim(run_id, name), {})
    return run_id


def test_success_notes_where_the_model_gave_no_answer(scout: Scout) -> None:
    run_id = new_run()
    for name in ("a", "b", "c"):
        log_audit(
            event=Event.LLM_ITEM_FAILED, message=f"{name} got no answer", run_id=run_id,
            scope="llm_repo_analysis", step="llm_repo_analysis", level="WARNING",
        )  # fmt: skip
    finish_until(run_id, stats_of={"llm_repo_analysis": {"failed": 3}})
    add_brief(run_id)
    diagnosis = explained(scout, run_id)
    assert diagnosis["meaning"] == "Something is missing; the notes say what."
    assert diagnosis["evidence"] == [
        "llm_repo_analysis: the model gave no answer about 3", "c got no answer",
    ]  # fmt: skip


def test_a_recovered_run_names_the_attempts_that_did_not_reach_their_end(scout: Scout) -> None:
    clock = PastClock(3_600)
    run_id = new_run(clock=clock)
    retry_step(
        claim(run_id, "init_run", clock), "TransientError", "HTTP 502", delay_s=1, max_tries=3,
        clock=clock,
    )  # fmt: skip
    for why in ("it was killed", "it ran away", "it fell over"):
        clock.pass_s(60)
        claim(run_id, "init_run", clock)
        close_worker("testhost:4242:beef", why, clock=clock)
    clock.pass_s(60)
    finish_until(run_id, clock=clock)
    add_brief(run_id)
    assert explained(scout, run_id)["evidence"] == [
        "init_run#1 failed and was tried again: TransientError: HTTP 502",
        "init_run#2 was interrupted: it was killed",
        "init_run#3 was interrupted: it ran away",
        f"and 1 more: scout show {run_id} --attempts",
    ]


@pytest.mark.parametrize(
    ("step", "error_type", "message", "code"),
    [
        ("hydrate_readme", "FixtureError", "Fixture x.md is missing.", "fixture_broken"),
        ("init_run", "FixtureFolderError", "No manifest.", "fixture_broken"),
        ("hydrate_readme", "NetworkBlockedError", "It tried 1.2.3.4.", "network_blocked"),
        ("export_markdown", "ExportError", "Permission denied: out", "output_unwritable"),
        ("keyword_aggregate", "DatabaseUnavailableError", "gone away", "database_unavailable"),
        ("keyword_aggregate", "OperationalError", "disk I/O error", "database_unavailable"),
        ("llm_repo_analysis", "time_limit", "It ran longer", "time_limit"),
        ("llm_repo_analysis", "InvalidOutputError", "a/b: no", "invalid_model_output"),
        ("llm_repo_analysis", "PermanentError", "invalid", "permanent_failure"),
        ("github_search_pass1", "TransientError", "HTTP 502", "transient_failure"),
        ("init_run", "InputError", "--top is 0", "bad_input"),
        ("init_run", "ConfigError", "No language model is configured.", "bad_setting"),
        ("init_run", "KeyError", "'x'", "bug"),
    ],
)  # fmt: skip
def test_failures_from_before_there_were_codes_are_known_by_their_type(
    scout: Scout, step: str, error_type: str, message: str, code: str
) -> None:
    run_id = failed_run(step, error_type, message)
    database().execute("UPDATE run_steps SET error_code = NULL")
    diagnosis = explained(scout, run_id)
    assert diagnosis["code"] == code
    assert diagnosis["evidence"][0] == f"{step}, attempt 1: {error_type}: {message}"
    assert any(run_id in text for text in diagnosis["next"]) or code == "bad_input"


#: What somebody might write anywhere; it is told by its code what it is.
FOREIGN = "disk is full, No space left · GitHub refused x: HTTP 401: not valid, database is locked"


def test_every_code_is_explained_by_its_own_text_whatever_the_message_says(scout: Scout) -> None:
    for code in Code:
        run_id = failed_run("llm_repo_analysis", "PermanentError", FOREIGN, code=code)
        diagnosis = explained(scout, run_id)
        text = CATALOGUE[code].about(run_id, "llm_repo_analysis")
        assert (diagnosis["code"], diagnosis["what"]) == (code, text.what)
        assert diagnosis["meaning"].startswith(text.causes)
        assert diagnosis["meaning"].endswith(text.meaning)
        assert set(text.todo) <= set(diagnosis["next"])
        assert FOREIGN in diagnosis["evidence"][0]


def test_the_code_stands_with_the_run_its_step_and_its_attempt(scout: Scout) -> None:
    run_id = failed_run(code=Code.MODEL_NO_CREDIT)
    show = scout.json("show", run_id)
    codes = {step["name"]: step["error_code"] for step in show["steps"]}
    assert codes["llm_repo_analysis"] == "model_no_credit"
    assert codes["init_run"] is None
    assert show["attempts"][-1]["error_code"] == "model_no_credit"
    assert scout.json("runs")[0]["error_code"] == "model_no_credit"
    assert scout.json("explain", run_id)["error_code"] == "model_no_credit"
    assert "PermanentError · model_no_credit" in scout("show", run_id).stdout


def test_an_unknown_error_falls_back_to_the_last_lines_of_the_step(scout: Scout) -> None:
    run_id = new_run()
    attempt = claim(run_id, "init_run")
    for number in range(8):
        log_audit(
            event=Event.REPO_README_MISSING, message=f"unit {number}", scope="init_run",
            run_id=run_id, step="init_run", attempt=1,
        )  # fmt: skip
    fail_step(attempt, "KeyError", "'x'")
    evidence = explained(scout, run_id)["evidence"]
    assert len(evidence) == 6
    assert evidence[-2].endswith("unit 7")


def test_tries_that_ran_out_show_the_earlier_ones(scout: Scout) -> None:
    run_id = new_run()
    retry_step(claim(run_id, "init_run"), "ConnectionError", "reset", delay_s=0.5, max_tries=2)
    fail_step(claim(run_id, "init_run"), "ConnectionError", "reset (try 2 of 2, the last)")
    diagnosis = explained(scout, run_id)
    assert diagnosis["code"] == "connection_failed"
    assert any("try 1/2 failed" in text for text in diagnosis["evidence"])


def test_a_crash_loop_shows_the_last_interruptions(scout: Scout) -> None:
    run_id = crash_looped_run()
    diagnosis = explained(scout, run_id)
    assert diagnosis["code"] == "crash_loop"
    assert any("was interrupted" in text for text in diagnosis["evidence"])


def test_a_cancelled_run_tells_by_whom_and_why(scout: Scout) -> None:
    run_id = new_run()
    cancel_run(run_id, who="kim", reason="wrong query")
    diagnosis = explained(scout, run_id)
    assert diagnosis["code"] == "cancelled"
    assert diagnosis["what"] == "The run was cancelled by kim: wrong query."


def test_an_expired_lease_tells_the_worker_and_who_takes_over(scout: Scout) -> None:
    clock = PastClock(100)
    run_id = new_run(clock=clock, broker="redis")
    claim(run_id, "init_run", clock, lease_s=6)
    diagnosis = explained(scout, run_id)
    assert diagnosis["code"] == "lease_expired"
    assert re.search(r"lease expired \d+ (s|min) ago", diagnosis["evidence"][0])
    assert WORKER in diagnosis["evidence"][0]
    assert "Nobody is there" in diagnosis["meaning"]
    assert diagnosis["next"][0] == "scout worker"
    add_worker("redis")
    assert "1 worker takes over" in explained(scout, run_id)["meaning"]


def test_a_queue_that_nobody_consumes(scout: Scout) -> None:
    run_id = new_run(clock=PastClock(60), broker="redis")
    diagnosis = explained(scout, run_id)
    assert diagnosis["code"] == "nobody_consumes"
    assert diagnosis["evidence"][0].endswith("0 workers")
    add_worker("redis", ago_s=30)
    assert explained(scout, run_id)["code"] == "nobody_consumes"
    add_worker("redis")
    assert explained(scout, run_id)["code"] == "waiting"


def test_a_run_whose_embedded_worker_died_is_resumed(scout: Scout) -> None:
    run_id = new_run(clock=PastClock(60))
    assert explained(scout, run_id)["next"][0] == f"scout resume {run_id}"


def test_a_worker_that_was_killed_is_told_until_somebody_goes_on(scout: Scout) -> None:
    clock = PastClock(60)
    run_id = new_run(clock=clock, broker="redis")
    claim(run_id, "init_run", clock)
    close_worker("testhost:4242:beef", "it was killed by SIGKILL (9)", clock=clock)
    diagnosis = explained(scout, run_id)
    assert diagnosis["code"] == "nobody_consumes"
    assert "SIGKILL" in diagnosis["evidence"][1]


def test_a_step_that_was_interrupted_again_and_again_is_neither_accused_nor_called_well(
    scout: Scout,
) -> None:
    clock = PastClock(300)
    run_id = new_run(clock=clock, broker="redis")
    for _ in range(3):
        claim(run_id, "init_run", clock)
        close_worker(WORKER, "Worker process 7 was killed by SIGSEGV", clock=clock)
        clock.pass_s(5)
    add_worker("redis")
    waits = explained(scout, run_id)
    assert waits["code"] == "waiting"
    assert "interrupted 3 times in a row, by itself or by others" in waits["meaning"]
    assert "SIGSEGV" in waits["evidence"][-1]
    claim(run_id, "init_run", Clock())
    runs = explained(scout, run_id)
    assert (runs["code"], runs["meaning"]) == ("under_way", waits["meaning"])
    close_worker(WORKER, "Worker process 8 was killed by SIGSEGV")
    again = explained(scout, run_id)
    assert again["code"] == "interrupted"
    assert "was interrupted and starts again" in again["what"]


def test_a_retry_tells_try_time_and_error(scout: Scout) -> None:
    run_id = new_run()
    retry_step(claim(run_id, "init_run"), "TransientError", "HTTP 403", delay_s=60, max_tries=3)
    diagnosis = explained(scout, run_id)
    assert diagnosis["code"] == "retrying"
    assert diagnosis["what"].startswith("try 1/3 of init_run failed, next try ")
    assert diagnosis["evidence"] == ["last error: TransientError: HTTP 403"]


def test_an_overdue_step(scout: Scout) -> None:
    clock = PastClock(4000)
    run_id = new_run(clock=clock)
    claim(run_id, "init_run", clock, lease_s=5000)
    assert explained(scout, run_id)["code"] == "overdue"


def test_a_run_under_way(scout: Scout) -> None:
    run_id = new_run()
    assert explained(scout, run_id)["code"] == "under_way"
    finish_claim(claim(run_id, "init_run"), {})
    assert explained(scout, run_id)["code"] == "under_way"


def test_a_run_that_just_came_to_a_broker_without_workers(scout: Scout) -> None:
    run_id = new_run(broker="redis")
    diagnosis = explained(scout, run_id)
    assert diagnosis["code"] == "under_way"
    assert diagnosis["meaning"] == "No worker is there to take it yet."
    assert diagnosis["next"][0] == "scout worker"


def test_a_run_with_nothing_due_is_called_inconsistent(scout: Scout) -> None:
    run_id = new_run()
    database().execute("UPDATE run_steps SET due_at = NULL")
    assert explained(scout, run_id)["code"] == "inconsistent"


@pytest.mark.parametrize("dry", [True, False])
def test_a_dead_commands_live_run_is_taken_up_by_no_other_command(scout: Scout, dry: bool) -> None:
    """Another command's process finishes dry runs, too, but spends no tokens for anybody else."""
    clock = PastClock(100)
    run_id = new_run(clock=clock, dry=dry)
    claim(run_id, STEP_NAMES[0], clock)
    add_worker("memory")
    diagnosis = explained(scout, run_id)
    assert diagnosis["code"] == "lease_expired"
    assert ("takes over within seconds" in diagnosis["meaning"]) == dry
    assert ("Nobody is there to take over." in diagnosis["meaning"]) == (not dry)
    assert diagnosis["next"][0] == f"scout resume {run_id}"
    assert ("0 workers" in diagnosis["evidence"][0]) == (not dry)


def test_what_both_passes_miss_is_said_and_nothing_is_wrong_is_not(scout: Scout) -> None:
    run_id = new_run()
    nested = {"search": {"incomplete_results": True}, "metadata": {"failed": 2},
              "readmes": {"failed": 3}, "analyses": {"failed": 4, "invalid": 5}}  # fmt: skip
    finish_until(run_id, stats_of={"github_search_pass2": nested})
    add_brief(run_id)
    diagnosis = explained(scout, run_id)
    assert diagnosis["meaning"] == "Something is missing; the notes say what."
    assert diagnosis["evidence"] == [
        "github_search_pass2: GitHub timed out; more repositories may be there",
        "github_search_pass2: the metadata of 2 could not be read",
        "github_search_pass2: the README of 3 could not be read",
        "github_search_pass2: the model gave no answer about 4",
        "github_search_pass2: the model's answers about 5 were not valid and not used",
    ]
    page = scout("show", run_id).stdout
    assert "2 without metadata, 3 READMEs failed" in page
    assert "5 invalid, 4 failed" in page
