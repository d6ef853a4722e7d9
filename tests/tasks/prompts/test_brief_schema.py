from __future__ import annotations

import json
from typing import Any

import pytest

from tasks.prompts.brief_schema import ANSWER_MAX_CHARACTERS, InvalidBriefError, parse_brief
from tasks.prompts.prompt import load_prompt
from tests.support.brief_fakes import brief_content, brief_text

INTERFACE = {"repo": "a/one", "interface": "its API", "quote": "an API for all"}
GAIN = {"repo": "a/one", "gain": "A reader more."}


def outreach(**changes: Any) -> dict[str, Any]:
    return {"outreach": {"subject": "s", "body": "b"} | changes}


@pytest.mark.parametrize(
    "changes",
    [
        {"title": "t" * 120, "pitch": "p" * 600, "first_step": "m" * 400},
        {"interfaces": [INTERFACE] * 8, "risks": ["r"] * 4},
        {"gains": [GAIN] * 4, "risks": []},
        {"interfaces": [INTERFACE | {"interface": "i" * 200, "quote": "q" * 300}] * 2},
        {"interfaces": [INTERFACE | {"quote": "We have integrated both."}] * 2},
        outreach(subject="s" * 120, body="b" * 1200),
    ],
)
def test_a_brief_within_its_limits_is_valid(changes: dict[str, Any]) -> None:
    assert parse_brief(brief_text(**changes)).title


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"title": "t" * 121}, "$.title"),
        ({"title": ""}, "$.title"),
        ({"title": None}, "$.title"),
        ({"title": 7}, "$.title"),
        ({"title": "\u200b \u202e"}, "`title`"),
        ({"pitch": "p" * 601}, "$.pitch"),
        ({"interfaces": [INTERFACE] * 9}, "$.interfaces"),
        ({"interfaces": "text"}, "$.interfaces"),
        ({"interfaces": [INTERFACE, INTERFACE | {"interface": ""}]}, "$.interfaces[1].interface"),
        ({"interfaces": [INTERFACE, INTERFACE | {"interface": " "}]}, "`interfaces[1].interface`"),
        ({"interfaces": [INTERFACE | {"quote": "q" * 301}] * 2}, "$.interfaces[0].quote"),
        ({"interfaces": [INTERFACE | {"url": "x"}] * 2}, "url"),
        ({"gains": [GAIN, GAIN | {"gain": "\u200b"}]}, "`gains[1].gain`"),
        ({"gains": [GAIN, GAIN | {"gain": "I tested your code."}]}, "`gains[1].gain` claims"),
        ({"first_step": "m" * 401}, "$.first_step"),
        ({"risks": ["r"] * 5}, "$.risks"),
        ({"extra": 1}, "extra"),
        (outreach(extra=1), "extra"),
        (outreach(subject="s" * 121), "$.outreach.subject"),
        (outreach(body="b" * 1201), "$.outreach.body"),
        ({"outreach": None}, "$.outreach"),
        ({"pitch": "We have integrated both."}, "`pitch` claims"),
        (outreach(body="Hi,\n\nI reviewed your codebase."), "`outreach.body` claims"),
        ({"first_step": "I opened a PR."}, "`first_step` claims"),
    ],
)
def test_anything_else_is_refused_with_its_place(changes: dict[str, Any], place: str) -> None:
    with pytest.raises(InvalidBriefError) as caught:
        parse_brief(brief_text(**changes))
    assert place in str(caught.value)


@pytest.mark.parametrize("key", sorted(brief_content()))
def test_no_key_may_be_missing(key: str) -> None:
    content = brief_content()
    del content[key]
    with pytest.raises(InvalidBriefError, match=key):
        parse_brief(json.dumps(content))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "Sure! Here is the brief:",
        f"```json\n{brief_text()}\n```",
        brief_text() + brief_text(),
        brief_text()[:-20],
        brief_text().replace("A shared", "\ud800"),
        "[" * 100_000,
        " " * ANSWER_MAX_CHARACTERS + brief_text(),
    ],
    ids=lambda text: text[:12],
)
def test_what_is_not_exactly_one_object_is_refused(text: str) -> None:
    with pytest.raises(InvalidBriefError):
        parse_brief(text)


def test_an_answer_that_was_cut_off_says_so() -> None:
    with pytest.raises(InvalidBriefError, match="cut off at its length limit"):
        parse_brief(brief_text()[:50], finish_reason="length")


def test_what_is_kept_is_printable_and_without_secrets() -> None:
    secret = "ghp_" + "a1B2" * 9
    content = parse_brief(
        brief_text(
            title="\x1b[31mred\u202e\x00", pitch=f"uses {secret}", **outreach(body="a\r\n\r\nb\n")
        )
    )
    assert content.title == "red"
    assert content.pitch == "uses [REDACTED]"
    assert content.outreach.body == "a\n\nb"


def test_the_prompt_asks_for_this_schema() -> None:
    prompt = load_prompt("brief")
    assert prompt.schema == "brief/2"
    assert all(f"`{key}`" in prompt.text for key in brief_content())
