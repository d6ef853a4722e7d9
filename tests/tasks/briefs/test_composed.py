"""A brief of what is on record alone."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from tasks.briefs.checks import Sides
from tasks.briefs.composed import composed_brief
from tasks.briefs.interface_lines import interface_line
from tasks.briefs.material import StoredProject
from tasks.text.quotes import Quotable

INDEX = StoredProject(
    "maker/index",
    {
        "summary": "An index of vectors",
        "signals": {"provides": ["nearest neighbours"], "integration_surface": ["cli", "library"]},
    },
    readme="A library that finds nearest neighbours.\n\n```sh\n$ pip install maker-index\n```\n",
)
READER = StoredProject(
    "reader/app",
    {"summary": "Reads papers.", "signals": {"needs": ["neighbours of a paper"]}},
    readme="| a | plugin | table |\n\nWrite a plugin for **another** kind of paper.\n",
)
REASON = {
    "needs": "reader/app",
    "need": "neighbours of a paper",
    "offers": "maker/index",
    "offer": "nearest neighbours",
    "closeness": 0.8,
}


def composed(*members: StoredProject, reasons: list[Any] | None = None, **how: Any) -> Any:
    texts = {one.full_name: one.readme for one in members}
    quotable = {name: Quotable(text) for name, text in texts.items()}
    sides = Sides(quotable, texts, dict.fromkeys(texts, frozenset[str]()))
    found = [REASON] if reasons is None else reasons
    return composed_brief(members, found, sides, how.get("already", ()), how.get("own"))


def test_it_says_who_needs_what_and_quotes_an_interface_of_each() -> None:
    brief = composed(INDEX, READER)
    assert [(one.repo, one.interface, one.quote) for one in brief.interfaces] == [
        ("maker/index", "cli, library", "pip install maker-index"),
        ("reader/app", *["Write a plugin for another kind of paper."] * 2),
    ]
    assert [one.repo for one in brief.gains] == ["maker/index", "reader/app"]
    assert "“neighbours of a paper”" in brief.pitch
    assert "An index of vectors. Reads papers. app needs" in brief.pitch
    assert "“pip install maker-index”" in brief.first_step
    assert "already" not in brief.outreach.body


def test_what_is_there_is_known_and_the_own_project_speaks() -> None:
    body = composed(INDEX, READER, already=["app names index: “index”"], own="reader/app")
    assert "We know what is there already: app names index: “index”." in body.outreach.body
    assert "we maintain reader/app." in body.outreach.body


def test_what_a_project_provides_counts_before_a_mere_keyword() -> None:
    keyword = REASON | {"offer": "papers", "closeness": 0.9}
    assert "nearest neighbours" in composed(INDEX, READER, reasons=[keyword, REASON]).pitch


@pytest.mark.parametrize(
    ("members", "reasons"),
    [
        ((INDEX, READER), []),
        ((INDEX, replace(READER, readme="Reads papers.")), [REASON]),
        # A need that claims what nobody did is not passed on.
        ((INDEX, READER), [REASON | {"need": "we have tested your code"}]),
    ],
)
def test_where_too_little_is_known_there_is_none(
    members: tuple[StoredProject, ...], reasons: list[Any]
) -> None:
    assert composed(*members, reasons=reasons) is None


@pytest.mark.parametrize(
    ("readme", "line"),
    [
        ("", ""),
        ("Nothing of the kind stands here.", ""),
        ("[![API](https://x.y/z.svg) badge of api](https://x.y)", ""),
        ("- The API takes JSON and more\n", "The API takes JSON and more"),
        ("The CLI is good for all.\n\n    from app import Reader\n", "from app import Reader"),
        ("import x", ""),
        ("The API " + "says more " * 20, "The API " + "says more " * 9),
    ],
)
def test_the_line_is_a_command_or_tells_of_an_interface(readme: str, line: str) -> None:
    project = replace(READER, readme=readme)
    assert interface_line(project, frozenset()) == line.strip()
