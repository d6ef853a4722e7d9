"""Copies: READMEs that are mostly another's, under another owner."""

from __future__ import annotations

import random

import pytest

from tasks.kinds.copies import find_copies, sketch
from tasks.kinds.project import Project

BADGES = "Licence MIT. Contributions are welcome; please open an issue before large changes. " * 2


def text(seed: int, words: int = 300) -> str:
    dice = random.Random(seed)
    return " ".join(f"w{dice.randrange(5000)}" for _ in range(words))


def test_the_one_with_fewer_stars_is_the_copy_and_the_evidence_names_the_original() -> None:
    original = Project("a/quill", readme=text(1), stars=500)
    copy = Project("b/quill", readme=text(1) + " and a line more", stars=3)
    for projects in ([original, copy], [copy, original]):
        (found,) = find_copies(projects).items()
        assert found[0] == "b/quill"
        assert found[1].kind == "copy"
        assert found[1].reason.endswith("% of its README is that of a/quill")


def test_the_project_that_a_run_starts_from_is_nobodys_copy() -> None:
    own = Project("b/quill", readme=text(1), stars=3, is_own=True)
    assert set(find_copies([Project("a/quill", readme=text(1), stars=500), own])) == {"a/quill"}


def test_names_decide_between_equal_stars() -> None:
    projects = [Project(f"{owner}/quill", readme=text(1)) for owner in ("b", "a")]
    assert set(find_copies(projects)) == {"a/quill"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Project("a/quill", readme=text(1)), Project("b/quill", readme=text(2))),
        (
            Project("a/quill", readme=f"{text(1, 200)} {BADGES}"),
            Project("b/ferry", readme=f"{text(2, 200)} {BADGES}"),
        ),
        (Project("a/quill", readme=text(1)), Project("A/quill-py", readme=text(1))),
        (Project("a/quill"), Project("b/quill")),
        (Project("a/quill", readme="TODO"), Project("b/quill", readme="TODO")),
    ],
    ids=["same name only", "same badges", "same owner", "no README", "a word"],
)
def test_what_is_alike_for_other_reasons_is_no_copy(one: Project, other: Project) -> None:
    assert find_copies([one, other]) == {}


def test_short_readmes_are_compared_word_by_word() -> None:
    short = "quill writes records quickly"
    projects = [
        Project("a/quill", readme=short, stars=9),
        Project("b/quill", readme=f"  {short}\n"),
        Project("c/quill", readme=f"{short} too"),
    ]
    found = find_copies(projects)
    assert set(found) == {"b/quill"}
    assert found["b/quill"].reason == "100% of its README is that of a/quill"


def test_what_very_many_share_is_a_licence_and_no_copy() -> None:
    shared = text(1, 60)
    projects = [Project(f"o{n}/r", readme=f"{shared} {text(n + 2, 50)}") for n in range(30)]
    assert find_copies(projects) == {}


def test_a_sketch_is_the_same_for_the_same_text_and_small() -> None:
    assert sketch(text(1)) == sketch(text(1))
    assert 0 < len(sketch(text(1, 3000))) < 1000
