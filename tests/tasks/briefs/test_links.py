"""Which repositories name each other already, and in which words."""

from __future__ import annotations

import random

import pytest

from tasks.briefs import links
from tasks.briefs.links import Links
from tasks.kinds.project import Project
from tests.support.matching import texts_matching

FAR, MORE = "far away words ", " after that some more"
FERRY = Project("team/ferry")


def quote(readme: str) -> str | None:
    found = Links([Project("a/quill", readme=readme), FERRY]).between("a/quill", "team/ferry")
    return found[0].quote if found else None


@pytest.mark.parametrize(
    ("readme", "expected"),
    [
        ("# quill\n\nWrites to\nteam/ferry.\n\n## More", "Writes to team/ferry."),
        ("team/ferry", "team/ferry"),
        (
            f"{FAR * 9}and then team/ferry,{MORE * 9}",
            f"{FAR * 3}and then team/ferry,{MORE * 2} after that some",
        ),
    ],
)
def test_the_quote_is_of_one_paragraph_and_of_whole_words(readme: str, expected: str) -> None:
    assert quote(readme) == expected


def test_who_is_not_named_has_no_link() -> None:
    assert quote("# quill\n\nA bridge across the river.") is None


def test_a_name_that_a_project_had_before_is_its_name() -> None:
    moved = Project("team/ferry", also_met_as=("old/carrier",))
    quill = Project("a/quill", readme="Works with https://github.com/Old/carrier since 2.0.")
    (found,) = Links([quill, moved]).between("a/quill", "team/ferry")
    assert (found.target, "Old/carrier" in found.quote) == ("team/ferry", True)
    assert Links([quill, FERRY]).between("a/quill", "team/ferry") == []


def test_what_many_others_write_as_a_word_is_no_name_but_in_code() -> None:
    click = Project("team/click", readme="# click\n\nPrompts of a command line.")
    plain = [Project(f"p{n}/q{n}", readme="To begin, click on the button.") for n in range(5)]
    named = [
        Project("a/one", readme="Nothing but `pip install click` is needed."),
        Project("b/two", readme="    import click\n"),
        Project("c/three", readme="A wrapper around Click for teams."),
        Project("d/four", readme="See https://github.com/team/click for more."),
    ]
    links = Links([click, *plain, *named])
    assert not any(links.between(one.full_name, "team/click") for one in plain)
    assert all(links.between(one.full_name, "team/click") for one in named)
    # Where few write it so, it is a name, however it is written.
    few = Links([click, *plain[:2], *named[2:]])
    assert few.between("p0/q0", "team/click")


def test_one_that_calls_itself_by_its_owners_name_goes_by_that() -> None:
    core = Project("ferry-boats/core", readme="# Ferry Boats\n\nA timetable.")
    other = Project("a/quill", readme="Writes what Ferry Boats reads.")
    assert Links([core, other]).between("a/quill", "ferry-boats/core")
    unnamed = Project("ferry-boats/core", readme="# Timetables")
    assert not Links([unnamed, other]).between("a/quill", "ferry-boats/core")


def test_words_that_many_others_write_side_by_side_are_no_name_either() -> None:
    engine = Project("team/game-engine", readme="# game-engine\n\nDraws.")
    plain = [Project(f"p{n}/q{n}", readme="A physics game engine, in C.") for n in range(4)]
    named = Project("a/one", readme="Built on team/game-engine.")
    links = Links([engine, *plain, named])
    assert not any(links.between(one.full_name, "team/game-engine") for one in plain)
    assert links.between("a/one", "team/game-engine")
    written = [Project(f"p{n}/q{n}", readme="A game-engine reader.") for n in range(4)]
    assert Links([engine, *written]).between("p0/q0", "team/game-engine")


def test_no_command_that_installs_is_on_a_line_that_is_not_searched() -> None:
    commands = texts_matching(links._INSTALL.pattern, 400, random.Random(1))
    assert len({command.split()[0] for command in commands}) >= 14
    for command in commands:
        readme = f"one\n{command}\ntwo"
        assert [*links._installed(readme)] == links._INSTALL.findall(readme)
