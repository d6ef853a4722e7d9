"""The strict schema of analyses, and the check of their evidence."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tasks.analysis.evidence import grounded_reasons
from tasks.prompts.analysis_schema import (
    ANSWER_MAX_CHARACTERS,
    InvalidOutputError,
    Reason,
    parse_analysis,
    stored_form,
)
from tests.support.step_fakes import analysis

SCORES = {"interestingness": 0.7, "novelty": 0.5, "collaboration_potential": 0.8}
SIGNALS = analysis()["signals"]


def test_a_valid_answer() -> None:
    parsed = parse_analysis(json.dumps(analysis()))
    assert parsed.scores.novelty == 0.5
    assert stored_form(parsed, parsed.reasons) == analysis()


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"extra": 1}, "unknown field `extra`"),
        ({"summary": "x" * 401}, "$.summary"),
        ({"summary": " "}, "summary"),
        ({"scores": SCORES | {"novelty": 1.01}}, "$.scores.novelty"),
        ({"scores": SCORES | {"novelty": -0.1}}, "$.scores.novelty"),
        ({"scores": SCORES | {"novelty": "0.5"}}, "$.scores.novelty"),
        ({"scores": SCORES | {"novelty": True}}, "$.scores.novelty"),
        ({"scores": SCORES | {"luck": 0.1}}, "luck"),
        ({"reasons": []}, "$.reasons"),
        ({"reasons": [{"claim": "c", "evidence": "e"}] * 6}, "$.reasons"),
        ({"reasons": [{"claim": "c"}]}, "evidence"),
        ({"reasons": [{"claim": "c", "evidence": "a b c d e f g h i j k"}]}, "10 words"),
        ({"reasons": [{"claim": "c", "evidence": "  "}]}, "blanks"),
        ({"signals": SIGNALS | {"maturity": "old"}}, "$.signals.maturity"),
        ({"signals": SIGNALS | {"integration_surface": ["carrier pigeon"]}}, "integration_surface"),
        ({"signals": SIGNALS | {"provides": ["x"] * 9}}, "$.signals.provides"),
        ({"keywords": ["a", "b"]}, "$.keywords"),
        ({"keywords": ["-", "::", "…"]}, "only punctuation"),
        ({"keywords": ["a"] * 13}, "$.keywords"),
        ({"keywords": None}, "$.keywords"),
    ],
)
def test_what_breaks_the_schema_is_refused(changes: dict[str, Any], where: str) -> None:
    with pytest.raises(InvalidOutputError) as caught:
        parse_analysis(json.dumps(analysis(**changes)))
    assert where in caught.value.message


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Sure! Here it is: {}",
        "```json\n{}\n```",
        "null",
        "[]",
        "[" * 100_000,
        '{"a":' * 100_000,
        json.dumps(analysis()) + " trailing",
        json.dumps(analysis()).replace("0.5", "NaN"),
        "\ud800",
        '{"summary": "\\ud800"}',
        " " * (ANSWER_MAX_CHARACTERS + 1),
    ],
    ids=lambda text: repr(text[:20]),
)
def test_what_is_not_the_json_asked_for_is_refused(text: str) -> None:
    with pytest.raises(InvalidOutputError):
        parse_analysis(text)


def test_an_answer_that_was_cut_off_says_so() -> None:
    with pytest.raises(InvalidOutputError, match="cut off at its length limit"):
        parse_analysis(json.dumps(analysis())[:-20], "length")


def test_keywords_that_repeat_cost_nothing_but_themselves() -> None:
    parsed = parse_analysis(json.dumps(analysis(keywords=["Index", "index ", "INDEX"])))
    assert stored_form(parsed, parsed.reasons)["keywords"] == ["index"]


def test_what_is_stored_is_normalised_and_storable() -> None:
    text = json.dumps(analysis(summary="a\x00b", keywords=["C++", "Vector  Search", "x:y", "c++"]))
    parsed = parse_analysis(text)
    stored = stored_form(parsed, parsed.reasons)
    assert stored["summary"] == "ab"
    assert stored["keywords"] == ["c++", "vector search", "x y"]


@pytest.mark.parametrize(
    ("evidence", "found"),
    [
        ("scales to\nbillions", True),
        ("scales   to billions", True),
        ("an index of stars", True),
        ("scales **to** “billions”", True),
        ("index of", False),  # two words prove nothing
        ("Scales to billions", False),
        ("billions of vectors", False),
    ],
)
def test_evidence_must_stand_word_for_word_in_readme_or_description(
    evidence: str, found: bool
) -> None:
    reason = Reason(claim="c", evidence=evidence)
    kept = grounded_reasons([reason], "It scales\n   to\tbillions.", "an index of stars")
    assert kept == ([reason] if found else [])


def test_without_readme_only_the_description_counts() -> None:
    reason = Reason(claim="c", evidence="an index of")
    assert grounded_reasons([reason], None, "an index of stars") == [reason]
    assert grounded_reasons([reason], None, "") == []
