"""A brief that could be about any two projects is refused, with what is missing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tasks.briefs.checks import Sides, check_brief
from tasks.briefs.material import comparable_words
from tasks.prompts.brief_schema import BriefContent, RefusedBriefError, parse_brief
from tasks.text.quotes import Quotable
from tests.support.brief_fakes import brief_content

QUILL = "Quill keeps **columns** and writes Parquet snapshots through its snapshot command."
FERRY = "Ferry carries records over a gRPC endpoint with backpressure."
TEXTS = {"a/quill": QUILL, "b/ferry": FERRY}
SIDES = Sides(
    {name: Quotable(text) for name, text in TEXTS.items()},
    TEXTS,
    {name: comparable_words([text]) for name, text in TEXTS.items()},
    {
        "a/quill": frozenset(["column", "parquet", "snapshot", *(f"filler{n}" for n in range(10))]),
        "b/ferry": frozenset(["grpc", "backpressure", "record", *(f"other{n}" for n in range(10))]),
    },
)
GOOD: dict[str, Any] = brief_content(
    ["a/quill", "b/ferry"],
    interfaces=[
        {"repo": "A/Quill", "interface": "Parquet snapshots", "quote": "writes Parquet snapshots"},
        {"repo": "b/ferry", "interface": "gRPC endpoint", "quote": "over a gRPC endpoint"},
    ],
    gains=[
        {"repo": "a/quill", "gain": "Its columns would travel."},
        {"repo": "b/ferry", "gain": "Backpressure would have a reader."},
    ],
)


def content(**changes: Any) -> BriefContent:
    return parse_brief(json.dumps(GOOD | changes))


def problem(brief: BriefContent, already: tuple[str, ...] = ()) -> str:
    with pytest.raises(RefusedBriefError) as caught:
        check_brief(brief, SIDES, already)
    return str(caught.value)


def interfaces(**changes: str) -> list[dict[str, str]]:
    return [GOOD["interfaces"][0] | changes, GOOD["interfaces"][1]]


def test_a_brief_about_its_projects_is_kept_with_their_names_as_they_are_spelled() -> None:
    assert check_brief(content(), SIDES, ()).interfaces[0].repo == "a/quill"


def test_a_quote_counts_as_a_reader_sees_it() -> None:
    check_brief(content(interfaces=interfaces(quote="keeps columns and writes")), SIDES, ())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"interfaces": interfaces(quote="writes ORC snapshots")}, "`interfaces[0].quote`"),
        ({"interfaces": interfaces(quote="")}, "`interfaces[0].quote`"),
        ({"interfaces": interfaces(quote="Parquet snapshots")}, "`interfaces[0].quote`"),
        ({"interfaces": interfaces(quote="over a gRPC endpoint")}, "`interfaces[0].quote`"),
        ({"interfaces": interfaces(interface="REST API")}, "`interfaces[0].interface`"),
        ({"interfaces": interfaces(repo="b/ferry")}, "`interfaces` has nothing about a/quill"),
        ({"interfaces": interfaces(repo="x/y")}, "which is none of the projects"),
        ({"gains": [GOOD["gains"][0]] * 2}, "`gains` has nothing about b/ferry"),
        ({"interfaces": []}, "`interfaces` has nothing about a/quill"),
        ({"gains": []}, "`gains` has nothing about a/quill"),
    ],
)
def test_what_is_missing_is_said(changes: dict[str, Any], said: str) -> None:
    assert said in problem(content(**changes))


def test_a_text_about_any_two_projects_is_refused_though_its_quotes_are_true() -> None:
    general = content(
        interfaces=[
            {"repo": "a/quill", "interface": "its command", "quote": "writes Parquet snapshots"},
            {"repo": "b/ferry", "interface": "its endpoint", "quote": "over a gRPC endpoint"},
        ],
        gains=[{"repo": name, "gain": "More users."} for name in TEXTS],
    )
    said = problem(general)
    assert "in the place of a/quill" in said
    assert "in the place of b/ferry" in said
    assert "parquet" in said


def test_a_draft_says_what_is_already_there() -> None:
    already = ("a/quill already names b/ferry: “see Ferry”",)
    assert "already names b/ferry" in problem(content(), already)
    aware = {"subject": "Hi", "body": "Quill already mentions Ferry. Would more be useful?"}
    check_brief(content(outreach=aware), SIDES, already)


def test_a_project_without_any_text_has_nothing_to_quote() -> None:
    empty = Sides({"b/ferry": Quotable(FERRY)}, {"a/quill": "", "b/ferry": FERRY}, SIDES.words, {})
    silent = content(interfaces=interfaces(quote=""))
    assert check_brief(silent, empty, ()).interfaces[0].quote == ""
    with pytest.raises(RefusedBriefError, match="must be empty"):
        check_brief(content(), empty, ())
