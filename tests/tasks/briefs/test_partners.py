"""What a run says of how its groups were formed, and of what its limits kept away."""

from __future__ import annotations

from tasks.briefs.grouping import MAX_LINKED, MAX_PAIRS, Group
from tasks.briefs.links import Link
from tasks.briefs.partners import Grouping
from tasks.kinds.project import Project

LINK = Link("a/one", "b/two", "See b/two.")


def members(*full_names: str) -> tuple[Project, ...]:
    return tuple(map(Project, full_names))


def pairs(count: int, *links: Link) -> list[Group]:
    return [Group(members(f"a/{n}", f"b/{n}"), 0.9, {}, links=links) for n in range(count)]


def reason(groups: list[Group]) -> str | None:
    capped = Grouping(groups, compared=9).stats("words").get("pairs_capped")
    return capped["reason"] if capped else None


def test_a_full_list_of_pairs_is_said() -> None:
    more = [Group(members("a/1", "b/1", "c/1"), 0.9, {})]
    assert reason([*pairs(MAX_PAIRS - 1), *more]) is None
    assert reason([*pairs(MAX_PAIRS), *more]) == (
        "the best 60 pairs are kept, with each repository in 3 of them at most; others may fit as"
        " well"
    )


def test_of_a_full_list_around_one_project_no_such_thing_is_said() -> None:
    own = Project("a/own", is_own=True)
    groups = [Group((own, Project(f"b/{n}")), 0.9, {}) for n in range(MAX_PAIRS)]
    assert reason(groups) == "the best 60 pairs are kept; others may fit as well"


def test_linked_pairs_have_a_limit_of_their_own() -> None:
    assert reason([*pairs(MAX_PAIRS - 1), *pairs(MAX_LINKED - 1, LINK)]) is None
    assert "the best 10 pairs that are linked already are" in str(reason(pairs(MAX_LINKED, LINK)))


def test_repositories_that_were_not_compared_are_said() -> None:
    stats = Grouping([], compared=5, left_out=2, reason="the best 5 are compared").stats("words")
    assert stats["compared_capped"] == {"capped": True, "reason": "the best 5 are compared"}
