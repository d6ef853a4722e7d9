"""`scout explain` of live runs: whose fault it was, and advice that can work."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from click.testing import Result

from models.clock import Clock
from models.database.connection import database
from models.errors import PermanentError, ScoutError, TransientError
from models.events import Event
from models.lifecycle import fail_step, log_audit, postpone_step
from models.views.run_state import time_of_day
from tasks.sources.chat.errors import refusal
from tasks.units.failure_budget import Tolerance
from tests.support.cli import Scout
from tests.support.counterparts.llm import ChatServer
from tests.support.counterparts.llm.faults import says, status, wrong_schema
from tests.support.live_cli import explained
from tests.support.online_server import answering
from tests.support.runs import step_of
from tests.support.worlds import (
    PastClock,
    add_brief,
    add_worker,
    claim,
    failed_run,
    finish_until,
    new_run,
)

pytestmark = pytest.mark.usefixtures("database")

ENDPOINT = "https://llm.example/v1"
#: What endpoints write into errors of every kind.
FOREIGN = "disk is full, not valid · invalid_request_error"
Live = Callable[..., Result]


class TestAModelThatRefuses:
    """The messages are those of the sources, so that a change of their words is seen here."""

    @pytest.mark.parametrize(
        ("code", "said", "expected"),
        [
            (401, FOREIGN, "model_key_refused"),
            (403, FOREIGN, "model_key_refused"),
            (402, FOREIGN, "model_no_credit"),
            (429, "insufficient_quota", "model_no_credit"),
            (429, FOREIGN, "model_limits"),
            (404, f"The model 'x' does not exist · {FOREIGN}", "model_unknown"),
            (405, FOREIGN, "model_unknown"),
            (308, FOREIGN, "model_unknown"),
            (400, "This model's maximum context length is 8192 tokens", "model_input_too_long"),
            (413, FOREIGN, "model_input_too_long"),
            (400, f"response_format is not supported · {FOREIGN}", "model_refuses_requests"),
            (501, FOREIGN, "model_refuses_requests"),
            (503, FOREIGN, "model_away"),
        ],
    )
    @pytest.mark.parametrize("many", [False, True])
    def test_is_told_by_its_status(
        self, scout: Scout, code: int, said: str, expected: str, many: bool
    ) -> None:
        error = refusal(code, said, None, ENDPOINT)
        if many:
            error = too_many(error)
        run_id = failed_with("llm_repo_analysis", error)
        diagnosis = explained(scout, run_id)
        assert diagnosis["code"] == expected
        assert diagnosis["next"][-1] == f"scout resume {run_id}"

    def test_what_it_says_decides_nothing(self, scout: Scout) -> None:
        """An endpoint may write what Scout writes of others."""
        hostile = "GitHub refused its rate limits: HTTP 401: There is no credit left: pay"
        error = refusal(500, hostile, None, ENDPOINT)
        failed_with("llm_repo_analysis", error)
        assert explained(scout)["code"] == "model_away"

    def test_workers_are_to_be_started_again_with_the_new_setting(self, scout: Scout) -> None:
        error = refusal(401, "No.", None, ENDPOINT)
        run_id = new_run(broker="redis")
        finish_until(run_id, "llm_repo_analysis")
        attempt = claim(run_id, "llm_repo_analysis")
        fail_step(attempt, type(error).__name__, str(error), code=error.code)
        assert any("Start the workers again" in text for text in explained(scout)["next"])

    def test_a_wrong_key_in_a_real_run(self, scout: Scout, live: Live, chat: ChatServer) -> None:
        chat.always = status(401, "Incorrect API key provided · invalid_request_error")
        assert live().exit_code == 1
        diagnosis = explained(scout)
        assert diagnosis["code"] == "model_key_refused"
        assert diagnosis["what"] == (
            "The model endpoint refuses the key. The reason: HTTP 401: Incorrect API key provided"
            " · invalid_request_error · error."
        )
        chat.always = None
        assert scout("resume", "last").exit_code == 0


class TestAGitHubThatRefuses:
    @pytest.mark.usefixtures("github")
    def test_a_wrong_token_in_a_real_run(
        self, scout: Scout, live: Live, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("GITHUB_TOKEN", "ghp_wrong")
        assert live().exit_code == 1
        assert explained(scout)["code"] == "github_token_refused"

    def test_a_wrong_address_in_a_real_run(
        self, scout: Scout, live: Live, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with answering() as server:  # which answers everything with 404
            monkeypatch.setenv("SCOUT_GITHUB_URL", f"{server.url}/api/v3")
            assert live().exit_code == 1
        diagnosis = explained(scout)
        assert diagnosis["code"] == "github_url_wrong"
        assert "SCOUT_GITHUB_URL" in diagnosis["next"][0]


class TestARunWithoutBriefs:
    def test_a_model_that_only_answers_badly(
        self, scout: Scout, live: Live, chat: ChatServer
    ) -> None:
        chat.always = wrong_schema
        live()
        diagnosis = explained(scout)
        assert diagnosis["code"] == "invalid_model_output"
        assert "SCOUT_LLM_MODEL" in diagnosis["next"][0]

    def test_many_invalid_answers_come_before_the_advice_to_widen(self, scout: Scout) -> None:
        run_id = new_run()
        finish_until(run_id)
        add_analyses(run_id, {"invalid": 4, "valid": 1})
        diagnosis = explained(scout, run_id)
        assert diagnosis["code"] == "invalid_model_output"
        assert diagnosis["what"].startswith("4 of 5 of the model's answers were not valid.")
        assert diagnosis["evidence"][0] == "the last reason: Object missing field 4"
        first, then, last = diagnosis["next"]
        assert "SCOUT_LLM_MODEL" in first
        assert then == f"scout analyses rerun {run_id} --briefs"
        assert last.startswith("Widen the query")

    def test_a_few_invalid_answers_are_not_the_cause(self, scout: Scout) -> None:
        run_id = new_run()
        finish_until(run_id)
        add_analyses(run_id, {"invalid": 2, "valid": 2})
        assert explained(scout, run_id)["code"] == "success_without_briefs"

    def test_answers_that_did_not_come(self, scout: Scout) -> None:
        run_id = new_run()
        finish_until(run_id)
        add_analyses(run_id, {"failed": 3, "invalid": 1})
        diagnosis = explained(scout, run_id)
        assert diagnosis["code"] == "model_gave_no_answer"
        assert diagnosis["what"].startswith("The model gave no answer for 3 of 4 repositories.")

    def test_a_budget_that_ran_out(self, scout: Scout) -> None:
        run_id = new_run()
        log_audit(
            event=Event.LLM_BUDGET_EXHAUSTED, message="The run's budget is used up: 9 of 10.",
            run_id=run_id, scope="llm_repo_analysis", step="llm_repo_analysis", level="WARNING",
        )  # fmt: skip
        finish_until(run_id)
        diagnosis = explained(scout, run_id)
        assert diagnosis["code"] == "budget_used_up"
        assert diagnosis["evidence"] == ["The run's budget is used up: 9 of 10."]
        add_brief(run_id, "shortlisted", None)
        diagnosis = explained(scout, run_id)
        assert diagnosis["code"] == "budget_used_up"
        assert diagnosis["next"] == [f"scout briefs generate {run_id}"]

    def test_briefs_that_were_not_valid(self, scout: Scout) -> None:
        run_id = new_run()
        finish_until(run_id)
        add_brief(run_id, "invalid", None)
        diagnosis = explained(scout, run_id)
        assert diagnosis["what"].startswith("1 of 1 of the model's briefs were not valid.")
        assert diagnosis["next"][-1] == f"scout briefs generate {run_id}"

    def test_a_live_run_notes_an_answer_that_was_not_valid(
        self, scout: Scout, live: Live, chat: ChatServer
    ) -> None:
        chat.fail("owner-1/vector-1", *[says("no")] * 3)
        assert live().exit_code == 0
        diagnosis = explained(scout)
        assert (
            "llm_repo_analysis: the model's answers about 1 were not valid and not used"
            in (diagnosis["evidence"])
        )


class TestADeliberateWait:
    REASON = "GitHub core quota is used up."

    def test_it_tells_how_long_until_when_and_for_whom(self, scout: Scout) -> None:
        run_id = postponed(self.REASON, broker="redis")
        add_worker("redis")
        diagnosis = explained(scout, run_id)
        assert diagnosis["code"] == "postponed"
        due_at = step_of(run_id, "init_run").due_at
        assert due_at is not None
        until = time_of_day(due_at)
        assert diagnosis["what"] == (
            f"init_run waits 60 min, until {until}: GitHub core quota is used up."
        )
        assert "goes on by itself" in diagnosis["meaning"]
        assert diagnosis["what"].rstrip(".") in scout("show", run_id).stdout

    def test_other_reasons_stand_whole(self, scout: Scout) -> None:
        run_id = postponed("The model at x answered HTTP 429: later.")
        add_worker("memory")
        what = explained(scout, run_id)["what"]
        assert what.endswith(": The model at x answered HTTP 429: later.")

    def test_without_a_worker_nobody_goes_on(self, scout: Scout) -> None:
        diagnosis = explained(scout, postponed(self.REASON, broker="redis"))
        assert "no worker is there to go on" in diagnosis["meaning"]
        assert diagnosis["next"][0] == "scout worker"

    def test_one_worker_has_and_two_have(self, scout: Scout) -> None:
        run_id = new_run(clock=PastClock(60), broker="redis")
        add_worker("redis")
        assert explained(scout, run_id)["what"] == (
            "init_run is due, and 1 worker has not taken it yet."
        )
        add_worker("redis", ago_s=1)
        assert "2 workers have not taken" in explained(scout, run_id)["what"]


def failed_with(step: str, error: ScoutError) -> str:
    """Return a run whose step ended with an error."""
    return failed_run(step, type(error).__name__, str(error), code=error.code)


def too_many(error: ScoutError) -> ScoutError:
    """Return what a step says that lost too many units to an error."""
    tolerance = Tolerance(10, 0)
    for _ in range(7):
        tolerance.failure(error)
    with pytest.raises((PermanentError, TransientError)) as found:
        tolerance.check()
    assert isinstance(found.value, ScoutError)
    return found.value


def postponed(reason: str, **options: Any) -> str:
    """Return a run whose first step waits for almost an hour."""
    run_id = new_run(**options)
    postpone_step(claim(run_id, "init_run"), reason, delay_s=3592)
    return run_id


def add_analyses(run_id: str, counts: dict[str, int]) -> None:
    """Put analyses on record, and reasons of those that are not valid."""
    number = 0
    for outcome, count in counts.items():
        for _ in range(count):
            number += 1
            reason = None if outcome == "valid" else f"Object missing field {number}."
            database().execute(
                "INSERT INTO analyses (run_id, full_name, status, error, model, prompt_id,"
                " prompt_version, input_hash, scoring_policy, prompt_tokens, completion_tokens,"
                " created_at) VALUES (?, ?, ?, ?, 'm', 'p', 1, 'h', 's', 0, 0, ?)",
                (run_id, f"a/{number}", outcome, reason, Clock().now_iso()),
            )
