from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from models.errors import TransientError
from models.tables.results import Brief, Repo
from models.text.canonical_json import loads
from tasks.briefs.grouping import POLICY
from tasks.briefs.pair_signals import WEIGHTS
from tasks.briefs.plan import MAX_REJECTED
from tasks.sources.interface import BriefRequest, ProjectMaterial
from tasks.step import StepContext
from tasks.steps import llm_brief_generate
from tests.support.brief_fakes import (
    FakeModel,
    add_repo,
    add_world,
    brief_text,
    create_run,
    model_of,
    recorder_of,
)

pytestmark = pytest.mark.usefixtures("database")


def briefs() -> list[Any]:
    return list(Brief.select().order_by(Brief.rank))


def with_model(context: StepContext, model: FakeModel) -> StepContext:
    return replace(context, sources=replace(context.sources, model=model))


def test_groups_are_shortlisted_or_rejected_by_their_score() -> None:
    context = create_run(min_score=0.0)
    add_world("RUN1")
    llm_brief_generate.run(context)
    best = briefs()[1].score
    Brief.delete().execute()
    context = with_model(context, FakeModel())
    context = replace(context, args=replace(context.args, min_score=best))
    stats = llm_brief_generate.run(context)
    rows = briefs()
    assert [row.rank for row in rows] == [1, 2, 3, 4]
    assert rows == sorted(rows, key=lambda row: -row.score)
    assert {row.status for row in rows if row.score >= best} == {"shortlisted"}
    assert {row.status for row in rows if row.score < best} == {"rejected_by_threshold"}
    assert stats["shortlisted"] + stats["rejected_by_threshold"] == 4
    assert 0 < stats["shortlisted"] == stats["written"] == len(model_of(context).requests) < 4
    assert not stats["capped"]


def test_a_score_equal_to_the_threshold_is_shortlisted() -> None:
    context = create_run(min_score=0.0)
    add_world("RUN1", pairs=1)
    llm_brief_generate.run(context)
    score = briefs()[0].score
    Brief.delete().execute()
    llm_brief_generate.run(replace(context, args=replace(context.args, min_score=score)))
    assert briefs()[0].status == "shortlisted"


def test_a_score_is_the_weighted_mean_of_the_ranks_that_are_stored() -> None:
    context = create_run(min_score=0.0)
    add_world("RUN1")
    llm_brief_generate.run(context)
    for row in briefs():
        parts = loads(row.components_json)
        total = sum(WEIGHTS[name] for name in parts)
        mean = sum(WEIGHTS[name] * value for name, value in parts.items()) / total
        assert row.score == pytest.approx(mean, abs=2e-4)
    assert {row.scoring_policy for row in briefs()} == {POLICY}


def test_the_model_is_told_of_the_group_best_first() -> None:
    context = create_run(min_score=0.0)
    met = {"keywords": ["k"], "topics": ["t"], "needs": ["vector search"]}
    add_repo("RUN1", "a/low", 0.4, summary="low summary", **met)
    add_repo("RUN1", "b/high", 0.9, summary="high summary", **met)
    llm_brief_generate.run(context)
    (asked,) = model_of(context).requests
    assert asked == BriefRequest(
        full_names=["b/high", "a/low"],
        summaries={"b/high": "high summary", "a/low": "low summary"},
        shared_keywords=["k", "t"],
        query="vector database",
        projects=asked.projects,
        already=[],
    )
    assert asked.projects[0] == ProjectMaterial(
        "b/high",
        summary="high summary",
        provides=["vector search"],
        needs=["vector search"],
        surfaces=["library"],
        evidence=[],
        language="Python",
        activity="120 stars, active",
    )


def test_a_text_that_would_fit_any_two_projects_is_refused_and_does_not_fail_the_step() -> None:
    """That nothing is to be said of ten groups does not make the model unusable."""
    context = with_model(
        create_run(min_score=0.0, max_briefs=10, dry=False),
        FakeModel(lambda request: brief_text(["not/there", "nor/there"])),
    )
    add_world("RUN1")
    stats = llm_brief_generate.run(context)
    assert (stats["written"], stats["invalid"]) == (0, 4)
    assert "`interfaces` has nothing about maker/tool-1" in briefs()[0].error


def test_in_the_place_of_a_refused_text_stands_one_of_what_is_on_record() -> None:
    context = with_model(
        create_run(min_score=0.0),
        FakeModel(lambda request: brief_text(["not/there", "nor/there"])),
    )
    add_world("RUN1", pairs=1)
    for name in ("maker/tool-1", "reader/app_1"):
        text = f"The API of {name.partition('/')[2]} is a library"
        Repo.update(description=text).where(Repo.full_name == name).execute()
    stats = llm_brief_generate.run(context)
    (row,) = briefs()
    assert (row.status, row.model) == ("shortlisted", None)
    assert "`interfaces` has nothing about" in row.error
    content = loads(row.content_json)
    assert [one["repo"] for one in content["interfaces"]] == ["maker/tool-1", "reader/app_1"]
    assert (stats["written"], stats["composed"], stats["invalid"]) == (1, 1, 0)
    assert "One of what is on record stands in its place." in recorder_of(context).audits[-1][2]


def test_only_the_best_are_written_and_the_stats_say_so() -> None:
    context = create_run(min_score=0.0, max_briefs=2)
    add_world("RUN1")
    stats = llm_brief_generate.run(context)
    assert [row.content_json is not None for row in briefs()] == [True, True, False, False]
    assert {row.status for row in briefs()} == {"shortlisted"}
    assert (stats["written"], stats["capped"]) == (2, True)
    assert stats["reason"] == "--max-briefs 2: 2 shortlisted groups have no text"


def test_an_invalid_text_is_refused_and_audited_and_does_not_fail_the_step() -> None:
    def reply(request: BriefRequest) -> str:
        broken = request.full_names[0] == "maker/tool-1"
        return "I am sorry\x1b[31m, \u202ebut" if broken else brief_text(request.full_names)

    context = with_model(create_run(min_score=0.0), FakeModel(reply))
    add_world("RUN1", pairs=2)
    stats = llm_brief_generate.run(context)
    bad, good = briefs()
    assert (bad.status, bad.content_json, bad.model) == ("invalid", None, "fake-1")
    assert "malformed" in bad.error
    assert (good.status, good.error) == ("shortlisted", None)
    assert (stats["invalid"], stats["written"]) == (1, 1)
    event, level, message, data = recorder_of(context).audits[-1]
    assert (event, level) == ("llm.output.invalid_json", "WARNING")
    assert "maker/tool-1, reader/app_1" in message
    assert data["item"] == "maker/tool-1 reader/app_1"
    assert data["excerpt"] == "I am sorry, but"


def test_a_text_that_claims_an_action_is_invalid() -> None:
    outreach = {"subject": "Hi", "body": "I reviewed your codebase and opened a PR."}
    context = with_model(
        create_run(min_score=0.0),
        FakeModel(lambda request: brief_text(request.full_names, outreach=outreach)),
    )
    add_world("RUN1", pairs=1)
    llm_brief_generate.run(context)
    assert briefs()[0].status == "invalid"
    assert "`outreach.body` claims what nobody did: “i reviewed”" in briefs()[0].error


def test_a_second_attempt_asks_only_for_what_is_missing() -> None:
    asked: list[str] = []

    def reply(request: BriefRequest) -> str:
        asked.append(request.full_names[0])
        if len(asked) == 3:
            raise TransientError("The model is busy.")
        return "no brief" if len(asked) == 1 else brief_text(request.full_names)

    context = with_model(create_run(min_score=0.0), FakeModel(reply))
    add_world("RUN1")
    with pytest.raises(TransientError):
        llm_brief_generate.run(context)
    assert [row.status for row in briefs()] == ["invalid", *["shortlisted"] * 3]
    assert [row.content_json is not None for row in briefs()] == [False, True, False, False]

    stats = llm_brief_generate.run(context)
    assert asked == ["maker/tool-1", "maker/tool-2", "maker/tool-3", "maker/tool-3", "maker/tool-4"]
    assert (stats["invalid"], stats["written"]) == (1, 3)
    assert recorder_of(context).progressed[-1] == (4, 4)


def test_a_repeated_step_changes_nothing_and_has_the_same_stats() -> None:
    context = create_run(min_score=0.85)
    add_world("RUN1")
    first = llm_brief_generate.run(context)
    rows = list(Brief.select().order_by(Brief.rank).dicts())
    assert llm_brief_generate.run(context) == first
    assert list(Brief.select().order_by(Brief.rank).dicts()) == rows
    assert [event for event, *_ in recorder_of(context).audits] == ["brief.ranked"]


def test_only_the_best_rejected_groups_are_kept() -> None:
    context = create_run(min_score=1.0)
    for number in range(MAX_REJECTED):
        add_repo("RUN1", f"o{number}/r", 0.5, needs=["vector search"])
    stats = llm_brief_generate.run(context)
    assert len(briefs()) == MAX_REJECTED == stats["compared"]
    assert model_of(context).requests == []
    told = recorder_of(context).audits[0][3]["rejected_by_threshold"]
    assert told == stats["rejected_by_threshold"] > MAX_REJECTED


def test_invalid_analyses_and_other_runs_are_left_out() -> None:
    create_run("OTHER")
    add_repo("OTHER", "x/other")
    context = create_run(min_score=0.0)
    add_repo("RUN1", "x/valid")
    add_repo("RUN1", "x/invalid", None)
    stats = llm_brief_generate.run(context)
    assert (stats["shortlisted"], stats["written"], briefs()) == (0, 0, [])
