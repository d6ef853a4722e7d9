"""Answers that are not valid: nothing but those is no success, and a resume may cure it."""

from __future__ import annotations

from typing import Any

import pytest

from models.errors import PermanentError
from models.tables.results import Analysis, Brief
from models.text.canonical_json import loads
from tests.support.counterparts.llm import ChatServer, faults
from tests.support.step_fakes import MakeWorld

BEFORE = ("github_search_pass1", "hydrate_repo_metadata", "hydrate_readme")
STEP = "llm_repo_analysis"
NAMES = [f"o/repo-{number}" for number in range(20)]
#: Repositories of one owner stand in no group.
APART = [f"owner-{number}/repo-{number}" for number in range(20)]


def statuses() -> list[str]:
    return sorted(row.status for row in Analysis.select(Analysis.status))


def of_brief(number: int) -> str:
    """Return what the endpoint calls a planned brief; the best is 0."""
    row: Any = Brief.select().order_by(Brief.rank)[number]
    return ", ".join(loads(row.repos_json))


class TestAnalyses:
    def test_a_model_that_gives_no_valid_answer_fails_the_step_and_says_why(
        self, live: MakeWorld, chat: ChatServer
    ) -> None:
        chat.always = faults.wrong_schema
        world = live(names=NAMES)
        world.steps(*BEFORE)
        with pytest.raises(PermanentError, match="of 20 units") as caught:
            world.step(STEP)
        assert "missing required field" in caught.value.message
        assert "SCOUT_LLM_MODEL" in caught.value.hint
        assert "scout resume RUN1" in caught.value.hint

    def test_a_resume_asks_again_for_what_was_not_valid(
        self, live: MakeWorld, chat: ChatServer
    ) -> None:
        chat.always = faults.wrong_schema
        world = live(names=NAMES)
        world.steps(*BEFORE)
        with pytest.raises(PermanentError):
            world.step(STEP)
        assert statuses().count("invalid") >= 11
        with pytest.raises(PermanentError):  # nothing has changed: it fails again, and ends
            world.step(STEP)
        chat.always = None
        stats = world.step(STEP)
        assert (stats["valid"], stats["invalid"]) == (20, 0)
        assert Analysis.select().where(Analysis.error.is_null(False)).count() == 0

    def test_a_resume_that_is_interrupted_leaves_none_of_them_behind(
        self, live: MakeWorld, chat: ChatServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What is cured before the interruption makes the others no few that may stay."""
        chat.always = faults.wrong_schema
        world = live(names=NAMES)
        world.steps(*BEFORE)
        with pytest.raises(PermanentError):
            world.step(STEP)
        chat.always = None
        monkeypatch.setenv("SCOUT_CONCURRENCY", "1")
        chat.fail(NAMES[7], faults.status(401))
        with pytest.raises(PermanentError, match="401"):
            world.step(STEP)
        assert "invalid" not in statuses()
        cured = {row.full_name for row in Analysis.select().where(Analysis.status == "valid")}
        assert set(NAMES[:7]) <= cured < set(NAMES)
        chat.asked.clear()
        stats = world.step(STEP)
        assert (stats["valid"], stats["invalid"], stats["failed"]) == (20, 0, 0)
        assert set(chat.count()) == set(NAMES) - cured

    def test_those_of_another_run_are_not_asked_again(
        self, live: MakeWorld, chat: ChatServer
    ) -> None:
        for run_id in ("RUN1", "RUN2"):
            chat.always = faults.wrong_schema
            world = live(run_id, names=NAMES)
            world.steps(*BEFORE)
            with pytest.raises(PermanentError):
                world.step(STEP)
        chat.always = faults.status(401)
        with pytest.raises(PermanentError, match="401"):
            world.step(STEP)
        rows = Analysis.select(Analysis.run, Analysis.status).tuples()
        assert set(rows) == {("RUN1", "invalid"), ("RUN2", "failed")}

    def test_a_few_that_are_not_valid_are_never_asked_for_again(
        self, live: MakeWorld, chat: ChatServer
    ) -> None:
        for name in NAMES[:8]:
            chat.fail(name, *[faults.wrong_schema] * 3)
        world = live(names=NAMES)
        assert world.steps(*BEFORE, STEP)[STEP]["invalid"] == 8
        chat.asked.clear()
        assert world.step(STEP)["invalid"] == 8
        assert chat.asked == []

    def test_attempts_share_what_may_be_lost(
        self, live: MakeWorld, chat: ChatServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Eight were lost before the endpoint asked for a pause; three more are too many."""
        monkeypatch.setenv("SCOUT_CONCURRENCY", "1")
        # More than the three that one question takes: the thread that asks may have begun with
        # the next repository when the endpoint's refusal ends the step.
        for name in NAMES[:11]:
            chat.fail(name, *[faults.wrong_schema] * 6)
        chat.faults[NAMES[8]].appendleft(faults.status(401))
        world = live(names=NAMES)
        world.steps(*BEFORE)
        with pytest.raises(PermanentError, match="401"):
            world.step(STEP)
        assert statuses().count("invalid") >= 8
        with pytest.raises(PermanentError, match="11 of 20"):
            world.step(STEP)

    def test_the_reason_stands_in_the_message(self, live: MakeWorld, chat: ChatServer) -> None:
        chat.fail(NAMES[0], *[faults.says("x" * 5)] * 3)
        world = live(names=NAMES)
        world.steps(*BEFORE, STEP)
        (message,) = [text for text in world.recorder.messages if "not valid" in text]
        assert "not used: JSON is malformed" in message
        assert len(message) < 320


class TestBriefs:
    def test_a_model_that_writes_no_valid_brief_fails_the_step_until_it_does(
        self, live: MakeWorld, chat: ChatServer
    ) -> None:
        world = live(names=APART, min_score=0.0)
        world.steps(*BEFORE, STEP)
        chat.always = faults.wrong_schema
        with pytest.raises(PermanentError, match="of 10 units"):
            world.step("llm_brief_generate")
        chat.always = None
        stats = world.step("llm_brief_generate")
        assert (stats["written"], stats["invalid"]) == (10, 0)
        assert Brief.select().where(Brief.status == "invalid").count() == 0

    def test_a_resume_that_is_interrupted_leaves_none_of_them_behind(
        self, live: MakeWorld, chat: ChatServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        world = live(names=APART, min_score=0.0)
        world.steps(*BEFORE, STEP)
        chat.always = faults.wrong_schema
        with pytest.raises(PermanentError):
            world.step("llm_brief_generate")
        chat.always = None
        monkeypatch.setenv("SCOUT_CONCURRENCY", "1")
        chat.fail(of_brief(3), faults.status(401))
        with pytest.raises(PermanentError, match="401"):
            world.step("llm_brief_generate")
        assert Brief.select().where(Brief.status == "invalid").count() == 0
        written = Brief.select().where(Brief.content_json.is_null(False)).count()
        assert 3 <= written < 10
        chat.asked.clear()
        stats = world.step("llm_brief_generate")
        assert (stats["written"], stats["invalid"], stats["failed"]) == (10, 0, 0)
        assert len(chat.asked) == 10 - written
        assert Brief.select().where(Brief.error.is_null(False)).count() == 0
