"""Analyses by an endpoint with faults: asked again, recorded, counted, and never lost."""

from __future__ import annotations

import json
from typing import Any

import pytest

from models.errors import PermanentError, PostponedError, TransientError
from models.tables.base import proxy
from models.tables.results import Analysis, Brief, LlmUsage, Repo
from models.tables.runs import AuditEvent
from models.text.canonical_json import loads
from tasks.units import retries
from tests.support.brief_fakes import brief_content
from tests.support.counterparts.llm import ChatServer, faults
from tests.support.secrets import assert_kept
from tests.support.step_fakes import NAMES, MakeWorld, analysis, with_args

BEFORE = ("github_search_pass1", "hydrate_repo_metadata", "hydrate_readme")
STEP = "llm_repo_analysis"


def row(full_name: str) -> Any:
    return Analysis.get(Analysis.full_name == full_name)


def usage(item: str) -> Any:
    return LlmUsage.get(LlmUsage.item == item)


def test_every_repository_is_analysed_with_one_request(live: MakeWorld, chat: ChatServer) -> None:
    stats = live().steps(*BEFORE, STEP)[STEP]
    assert (stats["valid"], stats["invalid"], stats["failed"]) == (5, 0, 0)
    assert chat.count() == dict.fromkeys(NAMES, 1)
    assert (row("a/one").model, row("a/one").status) == ("test-model-2026", "valid")
    assert stats["usage"] == {"requests": 5, "prompt_tokens": 500, "completion_tokens": 100}
    assert "capped" not in stats


class TestInvalidAnswers:
    def test_the_model_is_shown_its_error_and_may_correct_itself(
        self, live: MakeWorld, chat: ChatServer
    ) -> None:
        chat.fail("a/one", faults.wrong_schema)
        world = live()
        stats = world.steps(*BEFORE, STEP)[STEP]
        assert (stats["valid"], stats["invalid"]) == (5, 0)
        again = [one for one in chat.asked if one.item == "a/one"][1].messages
        assert again[2]["content"] == '{"summary": "Only this."}'
        assert "missing required field" in again[3]["content"]
        assert world.recorder.events("llm.output.invalid_json") == []

    def test_it_may_do_so_twice_and_then_the_item_is_invalid(
        self, live: MakeWorld, chat: ChatServer
    ) -> None:
        token = "ghp_" + "Ab3" * 12
        chat.fail("a/one", *[faults.wrong_schema] * 2, faults.says(f"Sorry, {token}."))
        world = live()
        stats = world.steps(*BEFORE, STEP)[STEP]
        assert (stats["valid"], stats["invalid"]) == (4, 1)
        assert chat.count()["a/one"] == 3
        assert row("a/one").status == "invalid"
        assert row("a/one").raw_text.startswith("Sorry, ")
        assert token not in row("a/one").raw_text
        (event,) = world.recorder.events("llm.output.invalid_json")
        assert event["full_name"] == "a/one"

    def test_all_that_was_asked_is_counted(self, live: MakeWorld, chat: ChatServer) -> None:
        chat.always = faults.priced(0.01)
        chat.fail("a/one", faults.wrong_schema)
        stats = live().steps(*BEFORE, STEP)[STEP]
        assert usage("a/one").requests == 2
        assert (row("a/one").prompt_tokens, row("a/one").completion_tokens) == (200, 40)
        assert stats["usage"]["cost_usd"] == pytest.approx(0.05)

    def test_a_cut_off_answer_is_asked_for_again_shorter(
        self, live: MakeWorld, chat: ChatServer
    ) -> None:
        chat.fail("a/one", faults.cut_off)
        assert live().steps(*BEFORE, STEP)[STEP]["valid"] == 5
        assert (
            "Be much shorter"
            in [one for one in chat.asked if one.item == "a/one"][1].messages[3]["content"]
        )

    def test_invented_evidence_is_dropped_here_as_well(
        self, live: MakeWorld, chat: ChatServer
    ) -> None:
        content = json.dumps(
            {
                "summary": "x",
                "scores": {"interestingness": 1, "novelty": 1, "collaboration_potential": 1},
                "reasons": [{"claim": "Famous.", "evidence": "used by everyone"}],
                "signals": {
                    "maturity": "active",
                    "integration_surface": [],
                    "provides": [],
                    "needs": [],
                },
                "keywords": ["one", "two", "three"],
            }
        )
        chat.fail("a/one", faults.says(content))
        stats = live().steps(*BEFORE, STEP)[STEP]
        assert (stats["evidence_dropped"], stats["without_evidence"]) == (1, 1)


class TestTrouble:
    def test_an_error_between_two_answers_does_not_pay_for_the_first_again(
        self, live: MakeWorld, chat: ChatServer
    ) -> None:
        chat.fail("a/one", faults.wrong_schema, faults.status(500), faults.reset)
        assert live().steps(*BEFORE, STEP)[STEP]["valid"] == 5
        said = [len(one.messages) for one in chat.asked if one.item == "a/one"]
        assert said == [2, 4, 4, 4]
        assert usage("a/one").requests == 2

    def test_one_item_that_is_refused_is_recorded_and_the_others_go_on(
        self, live: MakeWorld, chat: ChatServer
    ) -> None:
        chat.fail("b/two", faults.status(400, "Context length exceeded."))
        world = live()
        stats = world.steps(*BEFORE, STEP)[STEP]
        assert (stats["valid"], stats["failed"], stats["analyses"]) == (4, 1, 5)
        assert (row("b/two").status, row("b/two").final_score) == ("failed", None)
        assert "Context length exceeded" in row("b/two").error
        (event,) = world.recorder.events("llm.item.failed")
        assert event["full_name"] == "b/two"

    def test_a_readme_that_is_too_long_for_the_model_is_cut_and_the_row_says_so(
        self, live: MakeWorld, chat: ChatServer
    ) -> None:
        """The evidence may stand beyond the cut."""
        chat.fail("b/two", faults.status(400, "Context length exceeded."))
        evidence = {"claim": "It ends.", "evidence": "The very end."}
        chat.fail("b/two", faults.says(json.dumps(analysis(reasons=[evidence]))))
        world = live()
        world.github.readmes = {"b/two": b"word " * 6_000 + b"The very end."}
        stats = world.steps(*BEFORE, STEP)[STEP]
        assert (stats["valid"], stats["failed"], stats["evidence_dropped"]) == (5, 0, 0)
        assert loads(row("b/two").output_json)["readme_cut_at"] == 12_000
        assert "readme_cut_at" not in loads(row("a/one").output_json)

    def test_another_attempt_asks_again_for_what_failed_alone(
        self, live: MakeWorld, chat: ChatServer
    ) -> None:
        chat.fail("b/two", faults.wrong_schema, faults.status(400))
        world = live()
        world.steps(*BEFORE, STEP)
        chat.asked.clear()
        stats = world.step(STEP)
        assert (stats["valid"], stats["failed"]) == (5, 0)
        assert chat.count() == {"b/two": 1}
        assert (row("b/two").error, usage("b/two").requests) == (None, 2)

    def test_an_endpoint_that_is_away_is_transient(self, live: MakeWorld, chat: ChatServer) -> None:
        chat.always = faults.status(503)
        world = live()
        world.steps(*BEFORE)
        with pytest.raises(TransientError, match="HTTP 503"):
            world.step(STEP)
        chat.always = None
        assert world.step(STEP)["valid"] == 5

    def test_a_wrong_key_fails_the_step_at_once(self, live: MakeWorld, chat: ChatServer) -> None:
        chat.always = faults.status(401)
        world = live()
        world.steps(*BEFORE)
        with pytest.raises(PermanentError, match="HTTP 401"):
            world.step(STEP)

    def test_a_long_wait_hands_the_step_back_and_keeps_what_there_is(
        self, live: MakeWorld, chat: ChatServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SCOUT_CONCURRENCY", "1")
        chat.fail("c/three", faults.status(429, retry_after="600"))
        world = live()
        world.steps(*BEFORE)
        with pytest.raises(PostponedError) as caught:
            world.step(STEP)
        assert caught.value.delay_s == 600
        assert Analysis.select().where(Analysis.status == "valid").count() >= 2
        chat.faults.clear()

    def test_a_readme_that_could_not_be_read_is_not_taken_for_none(self, live: MakeWorld) -> None:
        world = live()
        world.github.fail_on = {("readme", "a/one"): TransientError("HTTP 500.")}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(retries, "MAX_TRIES", 1)
            assert world.steps(*BEFORE)["hydrate_readme"]["failed"] == 1
        assert world.step(STEP)["analyses"] == 4
        assert world.recorder.events("repo.hydrate.failed")[0]["part"] == "readme"
        assert world.step("hydrate_readme")["failed"] == 0
        assert world.step(STEP)["analyses"] == 5

    def test_metadata_that_could_not_be_read_are_recorded_and_read_by_the_next_attempt(
        self, live: MakeWorld, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(retries, "MAX_TRIES", 1)
        world = live()
        world.github.fail_on = {("repository", "a/one"): TransientError("HTTP 500.")}
        assert world.steps(*BEFORE[:2])[BEFORE[1]]["failed"] == 1
        repo = Repo.get(Repo.full_name == "a/one")
        assert (repo.status, repo.error) == ("failed", "HTTP 500.")
        assert world.step(BEFORE[1]) == {"repos": 5, "hydrated": 5, "gone": 0, "failed": 0}
        assert Repo.get(Repo.full_name == "a/one").error is None

    def test_many_faults_cost_nothing_but_requests(self, live: MakeWorld, chat: ChatServer) -> None:
        """Every kind of fault, twice, among sixty repositories: none is lost from the record."""
        names = [f"o/repo-{number}" for number in range(60)]
        passing = [
            faults.status(429),
            faults.status(429, retry_after="0"),
            faults.status(500),
            faults.reset,
            faults.raw(b"garbage"),
            faults.cut_body,
            faults.says(None),
            faults.error_in_body(502),
        ] * 2
        for number, fault in enumerate(passing):
            chat.fail(names[number], fault)
        chat.fail(names[40], faults.wrong_schema)
        chat.fail(names[41], *[faults.wrong_schema] * 3)
        chat.fail(names[42], faults.status(400))
        world = live(names=names, top=60)
        stats = world.steps(*BEFORE, STEP)[STEP]
        assert (stats["valid"], stats["invalid"], stats["failed"]) == (58, 1, 1)
        asked_again_at_once = 2  # where the answer was nothing
        retried = world.recorder.events("item.retrying")
        assert len(retried) == len(passing) - asked_again_at_once
        assert len(chat.asked) == 60 + len(passing) + 1 + 2
        assert chat.most_concurrent <= 8


class TestBudgets:
    def test_no_more_repositories_are_analysed_than_allowed(
        self, live: MakeWorld, chat: ChatServer
    ) -> None:
        world = live(max_analyses=2)
        stats = world.steps(*BEFORE, STEP)[STEP]
        assert (stats["valid"], stats["capped"]) == (2, True)
        assert stats["reason"] == "--max-analyses 2: 3 repositories have no analysis"
        assert world.recorder.events("llm.budget.exhausted") == [
            {"capped": True, "reason": stats["reason"]}
        ]
        assert chat.count() == dict.fromkeys(NAMES[:2], 1)

    def test_the_number_is_over_both_passes(self, live: MakeWorld) -> None:
        world = live(max_analyses=6, max_queries=2)
        world.github.results |= {"embeddings": ["x/new", "y/newer", "z/newest"]}
        stats = world.steps(*BEFORE, STEP, "keyword_aggregate", "github_search_pass2")
        assert (stats[STEP]["analyses"], "capped" in stats[STEP]) == (5, False)
        second = stats["github_search_pass2"]["analyses"]
        assert (second["analyses"], second["capped"]) == (1, True)

    def test_tokens_that_are_used_up_end_the_step_in_good_order(
        self, live: MakeWorld, chat: ChatServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SCOUT_CONCURRENCY", "1")
        world = live(max_llm_tokens=200)
        stats = world.steps(*BEFORE, STEP)[STEP]
        assert (stats["valid"], stats["capped"], len(chat.asked)) == (2, True, 2)
        assert stats["reason"] == "--max-llm-tokens 200: 3 repositories have no analysis"
        assert world.step(STEP) == stats
        assert len(chat.asked) == 2

    def test_tokens_of_the_whole_run_count(
        self, live: MakeWorld, chat: ChatServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SCOUT_CONCURRENCY", "1")
        world = live(max_llm_tokens=720, min_score=0.0, max_pairs=0)
        stats = world.steps(*BEFORE, STEP, "llm_brief_generate")
        assert "capped" not in stats[STEP]
        briefs = stats["llm_brief_generate"]
        assert (briefs["written"], briefs["capped"]) == (1, True)
        assert "--max-llm-tokens 720" in briefs["reason"]
        assert briefs["usage"]["requests"] == 1

    def test_a_dry_run_spends_no_tokens(self, live: MakeWorld) -> None:
        world = with_args(live(), dry=True, max_llm_tokens=0)
        assert world.steps(*BEFORE, STEP)[STEP]["valid"] == 5
        assert LlmUsage.select().count() == 0


class TestBriefs:
    def test_a_claim_is_shown_to_the_model_which_takes_it_back(
        self, live: MakeWorld, chat: ChatServer
    ) -> None:
        world = live(min_score=0.0, max_briefs=1, max_pairs=0, names=NAMES[:2])
        world.steps(*BEFORE, STEP)
        lie = brief_content(
            NAMES[:2], outreach={"subject": "Hi", "body": "I reviewed your codebase."}
        )
        chat.fail("*", faults.says(json.dumps(lie)))
        stats = world.step("llm_brief_generate")
        assert (stats["written"], stats["invalid"], stats["usage"]["requests"]) == (1, 0, 2)
        assert "claims what nobody did" in chat.asked[-1].messages[3]["content"]

    def test_a_brief_without_answer_is_failed_and_asked_for_again(
        self, live: MakeWorld, chat: ChatServer
    ) -> None:
        world = live(min_score=0.0, max_briefs=1, max_pairs=0, names=NAMES[:2])
        world.steps(*BEFORE, STEP)
        chat.fail("*", faults.status(403))
        stats = world.step("llm_brief_generate")
        assert (stats["written"], stats["failed"]) == (0, 1)
        brief: Any = Brief.get()
        assert (brief.status, "HTTP 403" in brief.error) == ("failed", True)
        assert world.recorder.events("llm.item.failed")[0]["kind"] == "brief"
        assert world.step("llm_brief_generate")["written"] == 1
        assert (Brief.get().status, Brief.get().error) == ("shortlisted", None)


def test_no_secret_gets_into_any_table(
    live: MakeWorld, chat: ChatServer, secrets: dict[str, str]
) -> None:
    """Whatever an endpoint repeats, in answers, errors or names, is not kept."""
    key = secrets["OPENROUTER_API_KEY"]
    echo = f"Authorization: Bearer {key}"
    chat.fail("a/one", *[faults.says(echo)] * 3)
    chat.fail("b/two", faults.status(400, echo))
    chat.fail("c/three", faults.status(503, echo))
    chat.fail("e/five", faults.says(json.dumps(analysis(summary=f"It says {key}."))))
    chat.fail("d/four", faults.says("{}", model=key), *[faults.says("{}", model=key)] * 2)
    world = live(min_score=0.0)
    world.steps(*BEFORE, STEP)
    chat.fail("*", *[faults.says(echo)] * 3, faults.status(400, echo))
    world.step("llm_brief_generate")
    places = {
        table: "\n".join(map(str, proxy.execute_sql(f"SELECT * FROM {table}").fetchall()))
        for table in proxy.get_tables()
    }
    assert "It says" in row("e/five").output_json
    places["audit"] = json.dumps([world.recorder.audits, world.recorder.messages])
    assert_kept(secrets, places)


class TestForecast:
    """Before the first question the run says what it expects to spend."""

    def test_it_counts_what_is_to_be_asked(self, live: MakeWorld, chat: ChatServer) -> None:
        live("RUN1").steps(*BEFORE, STEP)
        world = live("RUN2")
        world.github.readmes = {"a/one": b"# Something else entirely"}
        asked_before = len(chat.asked)
        world.steps(*BEFORE, STEP)
        (said,) = world.recorder.events("llm.forecast")
        assert (said["repos"], said["missing"]) == (5, 1)
        assert len(chat.asked) - asked_before == said["missing"]
        assert said["analyses"]["expected"] < said["analyses"]["at_most"] <= 201
        assert 0 < said["tokens"]["expected"] < said["tokens"]["at_most"]
        assert "about 1 of 5 repositories, 4 have an analysis already" in str(
            world.recorder.messages
        )

    def test_long_readmes_are_expected_to_cost_more(self, live: MakeWorld) -> None:
        short, long = live("RUN1", fresh=True), live("RUN2", fresh=True)
        long.github.readmes = dict.fromkeys(NAMES, b"# Title\n\n" + b"word " * 4000)
        expected = []
        for world in (long, short):
            world.steps(*BEFORE, STEP)
            expected.append(world.recorder.events("llm.forecast")[0]["tokens"]["expected"])
            LlmUsage.delete().execute()  # what was paid tells the next one
        assert expected[0] > expected[1] + 5 * 4_000

    def test_a_budget_that_will_not_do_is_a_warning(self, live: MakeWorld) -> None:
        world = live(max_llm_tokens=1_000)
        world.steps(*BEFORE, STEP)
        (said,) = [one for one in world.recorder.audits if one.event == "llm.forecast"]
        assert said.level == "WARNING"
        assert said.message.endswith("; --max-llm-tokens 1,000 ends it before that.")

    def test_a_second_attempt_says_nothing_new(self, live: MakeWorld) -> None:
        world = live()
        world.steps(*BEFORE)
        columns = {"level": "INFO", "scope": STEP, "message": "Said.", "data_json": "{}"}
        AuditEvent.create(ts="2026-11-26", run_id="RUN1", event="llm.forecast", **columns)
        world.steps(STEP)
        assert world.recorder.events("llm.forecast") == []
