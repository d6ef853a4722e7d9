"""The judge of pairs: bounded, paid for once, believed with quotes only, and never in the way."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from typing import Any

import pytest
from msgspec.structs import replace

from models.dao.runs import RunsDao
from models.errors import ItemFailedError, PermanentError, PostponedError, TransientError
from models.tables.results import Brief, LlmUsage, ReadmeRecord, ReadmeText
from models.tables.verdicts import PairVerdict
from models.text.canonical_json import loads
from tasks.briefs import judge
from tasks.briefs.verdict_batch import README_MAX_CHARACTERS
from tasks.replay.briefs import replay_briefs
from tasks.sources.interface import BriefRequest, ModelAnswer, PairsRequest
from tasks.step import StepContext
from tasks.steps import llm_brief_generate
from tests.support.brief_fakes import (
    NOW,
    FakeModel,
    add_world,
    brief_text,
    create_run,
    recorder_of,
)
from tests.support.live_units import hurry

pytestmark = pytest.mark.usefixtures("database")

NO = 0.1
Say = Callable[[str, str], float]


class Judging(FakeModel):
    """Says of each pair what `say` returns, with good quotes, and remembers what it was asked."""

    name = "judging-1"

    def __init__(self, say: Say = lambda *_: 0.9) -> None:
        super().__init__(_brief)
        self.say = say
        self.asked: list[PairsRequest] = []
        self.corrected: list[str] = []
        self.spoil: Callable[[list[dict[str, Any]]], Any] = lambda verdicts: verdicts

    def judge_pairs(self, request: PairsRequest) -> ModelAnswer:
        self.asked.append(request)
        return self._answer(request)

    def correct(self, request: Any, answer: ModelAnswer, error: str) -> ModelAnswer:
        self.corrected.append(error)
        return self._answer(request)

    def _answer(self, request: PairsRequest) -> ModelAnswer:
        verdicts = [
            {
                "pair": number,
                "fit": self.say(first, second),
                "reason": "One writes what the other reads.",
                "quote_a": _quote(first),
                "quote_b": _quote(second),
            }
            for number, (first, second) in enumerate(request.pairs, 1)
        ]
        text = json.dumps({"verdicts": self.spoil(verdicts)})
        return ModelAnswer(text, "judging-1", 103, 21, "stop")


def add_readmes(run_id: str, pairs: int) -> None:
    for number in range(1, pairs + 1):
        for name in (f"maker/tool-{number}", f"reader/app_{number}"):
            digest = f"{name}-digest"
            text = f"# It\n\nThis is what **about {name.rpartition('/')[2]}** it says.\n"
            ReadmeText.insert(sha256=digest, text=text).on_conflict_ignore().execute()
            ReadmeRecord.create(
                run=run_id, full_name=name, status="found", sha256=digest, fetched_at=NOW
            )


def world(model: FakeModel, run_id: str = "RUN1", *, pairs: int = 4, **args: Any) -> StepContext:
    """Return a live step's context with as many pairs that need each other, best first."""
    context = create_run(run_id, **{"min_score": 0.0, "dry": False, **args})
    add_world(run_id, pairs)
    add_readmes(run_id, pairs)
    return replace(context, sources=replace(context.sources, model=model))


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)


def keys(run_id: str = "RUN1") -> list[str]:
    rows = Brief.select().where(Brief.run == run_id).order_by(Brief.rank)
    return [row.group_key for row in rows]


def verdicts(run_id: str = "RUN1") -> dict[str, PairVerdict]:
    rows = PairVerdict.select().where(PairVerdict.run == run_id)
    return {row.pair_key: row for row in rows}


def order_by_score(run_id: str = "RUN0") -> list[str]:
    llm_brief_generate.run(world(FakeModel(), run_id, max_pairs=0))
    return keys(run_id)


def is_identical(run_id: str = "RUN1") -> bool:
    return replay_briefs(RunsDao.resolve(run_id)) == len(keys(run_id))


def told(context: StepContext) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (level, message, data)
        for event, level, message, data in recorder_of(context).audits
        if event == "pairs.judged"
    ]


def test_a_no_puts_a_pair_behind_the_others_and_says_why() -> None:
    before = order_by_score()
    worst = before[0]
    model = Judging(lambda *both: NO if " ".join(both) == worst else 0.9)
    context = world(model)
    stats = llm_brief_generate.run(context)
    assert keys() == [*before[1:], worst]
    row = verdicts()[worst]
    assert (row.status, row.fit, row.model, row.prompt_id) == (
        "valid",
        NO,
        "judging-1",
        "pair_verdict",
    )
    assert row.reason == "One writes what the other reads."
    quotes = loads(row.quotes_json)
    assert list(quotes) == worst.split(" ")
    assert all(quote.startswith("about ") for quote in quotes.values())
    assert stats["judge"]["asked"] == stats["judge"]["judged"] == len(before)
    assert stats["judge"]["no"] == 1
    [(level, message, data)] = told(context)
    assert level == "INFO"
    assert f"{len(before)} of {len(before)} pairs" in message
    assert data["usage"]["requests"] == len(model.asked)
    assert is_identical()


def test_the_score_of_a_pair_is_what_it_was() -> None:
    order_by_score()
    llm_brief_generate.run(world(Judging(lambda *_: NO)))
    scores = [
        {row.group_key: row.score for row in Brief.select().where(Brief.run == run_id)}
        for run_id in ("RUN0", "RUN1")
    ]
    assert scores[0] == scores[1]


def test_only_the_first_pairs_that_may_be_proposed_are_put_before_it() -> None:
    before = order_by_score()
    model = Judging()
    llm_brief_generate.run(world(model, max_pairs=2))
    assert [" ".join(both) for one in model.asked for both in one.pairs] == before[:2]
    scores = {row.group_key: row.score for row in Brief.select().where(Brief.run == "RUN1")}
    model = Judging()
    llm_brief_generate.run(world(model, "RUN2", min_score=scores[before[2]], fresh=True))
    assert {" ".join(both) for one in model.asked for both in one.pairs} == {
        key for key in before if scores[key] >= scores[before[2]]
    }


@pytest.mark.parametrize("args", [{"max_pairs": 0}, {"no_llm": True}])
def test_nobody_is_asked_where_nobody_is_to_be(args: dict[str, Any]) -> None:
    model = Judging()
    context = world(model, **args)
    pairs = judge.PairJudge(context, ())
    assert pairs([]) == {}
    assert pairs.stats()["skipped"] == ("--no-llm" if "no_llm" in args else "--max-pairs 0")
    assert not model.asked
    assert not told(context)


def test_what_is_told_of_a_project_is_bounded() -> None:
    model = Judging()
    context = world(model)
    # Text that says the same again and again would be taken for spam.
    long = " ".join(sha256(str(number).encode()).hexdigest()[:9] for number in range(5_000))
    ours = ReadmeText.sha256 == "maker/tool-1-digest"
    ReadmeText.update(text=ReadmeText.text + long).where(ours).execute()
    llm_brief_generate.run(context)
    [request] = model.asked
    told_of = {one.full_name: one.readme for one in request.projects}
    assert README_MAX_CHARACTERS / 2 < len(told_of["maker/tool-1"]) <= README_MAX_CHARACTERS


def test_a_verdict_without_both_quotes_is_asked_for_again_once_and_then_not_used() -> None:
    before = order_by_score()
    model = Judging(lambda *_: NO)
    model.spoil = lambda found: [
        one | ({"quote_b": "words that nobody wrote"} if one["pair"] == 1 else {}) for one in found
    ]
    context = world(model)
    stats = llm_brief_generate.run(context)
    assert len(model.asked) == len(model.corrected) == 1
    assert "pair 1: `quote_b` does not stand in the README" in model.corrected[0]
    row = verdicts()[before[0]]
    assert (row.status, row.fit, row.quotes_json) == ("invalid", None, None)
    assert "`quote_b`" in row.error
    assert keys() == before  # a no to all others leaves them among each other as they were
    assert stats["judge"]["judged"] == len(before) - 1
    events = [one for one in recorder_of(context).audits if one[0] == "llm.output.invalid_json"]
    assert [one[3]["item"] for one in events] == [before[0]]
    [(level, message, _)] = told(context)
    assert level == "WARNING"
    assert "keep their place" in message
    assert is_identical()


def test_what_was_good_in_the_first_answer_is_not_lost_in_the_second() -> None:
    model = Judging()
    model.spoil = lambda found: found[1:] if model.corrected else found[:1]
    llm_brief_generate.run(world(model))
    assert {row.status for row in verdicts().values()} == {"valid"}


@pytest.mark.parametrize(
    "spoil",
    [
        lambda _: "no list",
        lambda found: [one | {"fit": 1.5} for one in found],
        lambda found: [one | {"more": 1} for one in found],
        lambda found: [one | {"reason": "\u200b"} for one in found],
        lambda found: [one | {"reason": "We have tested the two together."} for one in found],
        lambda found: [one | {"quote_a": "two words"} for one in found],
        lambda found: [one | {"pair": one["pair"] + 50} for one in found],
    ],
)
def test_an_answer_that_cannot_be_used_changes_nothing(spoil: Callable[[Any], Any]) -> None:
    before = order_by_score()
    model = Judging(lambda *_: NO)
    model.spoil = spoil
    context = world(model)
    stats = llm_brief_generate.run(context)
    assert keys() == before
    assert stats["judge"]["judged"] == 0
    assert stats["written"] == len(before)
    assert {row.status for row in verdicts().values()} == {"invalid"}
    assert told(context)[0][0] == "WARNING"


@pytest.mark.parametrize(
    "error",
    [
        PermanentError("The key is refused."),
        ItemFailedError("It does not say."),
        TransientError("Nobody is there."),
        PostponedError("Wait an hour.", delay_s=3600.0),
        RuntimeError("a bug"),
    ],
)
def test_a_model_that_fails_leaves_the_order_of_the_scores(error: Exception) -> None:
    before = order_by_score()
    model = Judging()

    def judge_pairs(_: PairsRequest) -> ModelAnswer:
        raise error

    model.judge_pairs = judge_pairs  # type: ignore[method-assign]
    context = world(model)
    stats = llm_brief_generate.run(context)
    assert keys() == before
    assert stats["judge"]["judged"] == 0
    assert stats["written"] == len(before)
    [(level, message, data)] = told(context)
    assert (level, data["judged"]) == ("WARNING", 0)
    assert data["reason"] in message
    assert is_identical()


def test_without_a_token_left_nobody_is_judged_and_the_reason_is_said() -> None:
    before = order_by_score()
    model = Judging(lambda *_: NO)
    context = world(model, max_llm_tokens=0)
    stats = llm_brief_generate.run(context)
    assert keys() == before
    assert not model.asked
    assert stats["judge"]["reason"].startswith("--max-llm-tokens 0")


def test_another_run_with_the_same_material_pays_nothing() -> None:
    model = Judging(lambda *_: NO)
    llm_brief_generate.run(world(model))
    asked = len(model.asked)
    assert LlmUsage.select().where(LlmUsage.kind == "verdict").count() == asked
    llm_brief_generate.run(world(model, "RUN2"))
    assert len(model.asked) == asked
    assert keys("RUN2") == keys("RUN1")
    row = next(iter(verdicts("RUN2").values()))
    assert (row.reused_from, row.prompt_tokens) == ("RUN1", 0)
    assert is_identical("RUN2")
    llm_brief_generate.run(world(model, "RUN3", fresh=True))
    assert len(model.asked) == 2 * asked


def test_the_tokens_of_a_request_are_shared_among_its_verdicts() -> None:
    model = Judging()
    llm_brief_generate.run(world(model))
    rows = verdicts().values()
    assert sum(row.prompt_tokens for row in rows) == 103 * len(model.asked)
    assert sum(row.completion_tokens for row in rows) == 21 * len(model.asked)
    used = LlmUsage.select().where(LlmUsage.kind == "verdict")
    assert sum(row.prompt_tokens for row in used) == 103 * len(model.asked)


def test_a_step_that_is_killed_pays_no_verdict_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judge, "BATCH", 1)
    monkeypatch.setenv("SCOUT_CONCURRENCY", "1")
    model = Judging()
    context = world(model)
    died = partial(_raise, KeyboardInterrupt())
    plain = model.judge_pairs

    def judge_pairs(request: PairsRequest) -> ModelAnswer:
        if len(model.asked) == 2:
            died()
        return plain(request)

    model.judge_pairs = judge_pairs  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        llm_brief_generate.run(context)
    assert not keys()
    assert len(verdicts()) == 2
    model.judge_pairs = plain  # type: ignore[method-assign]
    llm_brief_generate.run(context)
    pairs = [both for one in model.asked for both in one.pairs]
    assert len(pairs) == len(set(pairs)) == len(verdicts())
    assert is_identical()


def test_a_later_attempt_asks_nobody_again() -> None:
    model = Judging()
    context = world(model)
    llm_brief_generate.run(context)
    asked, before = len(model.asked), keys()
    llm_brief_generate.run(context)
    assert (len(model.asked), keys()) == (asked, before)


def _quote(full_name: str) -> str:
    return f"about {full_name.rpartition('/')[2]} it says"


def _brief(request: BriefRequest) -> str:
    """Return a brief that quotes the READMEs of these tests."""
    names = request.full_names
    interfaces = [
        {"repo": name, "interface": _quote(name), "quote": _quote(name)} for name in names
    ]
    return brief_text(names, title=" + ".join(names), interfaces=interfaces)


def _raise(error: BaseException) -> None:
    raise error
