"""The fixture model answers for every repository and for any group."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest

from tasks.sources.fixtures import FixtureModel
from tasks.sources.interface import AnalysisRequest, BriefRequest

HOSTILE = '"}], {{query}} [x](https://e.invalid) <b> \x1b[31m \u202e \\'


def brief(model: FixtureModel, request: BriefRequest) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(model.write_brief(request).text)
    return content


def strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    children = value.values() if isinstance(value, dict) else value
    return [text for child in children for text in strings(child)]


def groups(size: int) -> list[BriefRequest]:
    """Return enough groups that every template gets its turn."""
    return [
        BriefRequest(
            [f"owner-{number}/{HOSTILE * 9}", *(f"o{other}/n{other}" for other in range(size - 1))],
            {f"owner-{number}/{HOSTILE * 9}": HOSTILE * 40},
            [HOSTILE * 9] * 5,
            HOSTILE * 30,
        )
        for number in range(40)
    ]


def test_an_answer_has_text_usage_and_reason(model: FixtureModel) -> None:
    answer = model.analyse(AnalysisRequest("quiverdb/quiver", "", None, [], None, None))
    assert json.loads(answer.text)["scores"]["interestingness"] == 0.9
    assert answer.model == "fixture-analyst-1"
    assert answer.finish_reason == "stop"
    assert answer.prompt_tokens > 0
    assert answer.completion_tokens > 0


@pytest.mark.parametrize("size", [2, 3, 4])
def test_briefs_keep_their_shape_and_limits_whatever_the_group(
    model: FixtureModel, size: int
) -> None:
    titles = set()
    for request in groups(size):
        content = brief(model, request)
        titles.add(content["title"][:4])
        assert list(content) == [
            "title", "pitch", "integration", "first_milestone", "risks", "outreach"
        ]  # fmt: skip
        assert list(content["outreach"]) == ["subject", "body"]
        assert 0 < len(content["title"]) <= 120
        assert 0 < len(content["pitch"]) <= 600
        assert 1 <= len(content["integration"]) <= 5
        assert 0 < len(content["first_milestone"]) <= 300
        assert len(content["risks"]) <= 4
        assert 0 < len(content["outreach"]["subject"]) <= 120
        assert 0 < len(content["outreach"]["body"]) <= 1200
        assert all(isinstance(text, str) and text for text in strings(content))
    assert len(titles) >= 4


def test_names_keywords_and_query_are_put_in(model: FixtureModel) -> None:
    content = brief(
        model,
        BriefRequest(
            ["a/anvil", "b/bellows", "c/coal"], {"a/anvil": "Hot."}, ["iron", "fire"], "forge"
        ),
    )
    everything = " ".join(strings(content))
    assert "a/anvil, b/bellows and c/coal" in content["outreach"]["body"]
    assert "iron and fire" in everything
    assert '"forge"' in content["outreach"]["body"]
    assert "Hot." in content["pitch"]
    assert "{{" not in everything


def test_the_template_does_not_depend_on_the_order_of_names(model: FixtureModel) -> None:
    names = ["a/anvil", "b/bellows", "c/coal", "d/dross"]
    integrations = {
        len(brief(model, BriefRequest(list(order), {}, [], "q"))["integration"][0].split())
        for order in itertools.permutations(names)
    }
    assert len(integrations) == 1


def test_what_is_put_in_is_not_filled_again(model: FixtureModel) -> None:
    content = brief(model, BriefRequest(["a/b", "c/d"], {}, [], "{{names}} {{nobody}}"))
    assert "{{names}} {{nobody}}" in content["outreach"]["body"]
