"""Which groups get a row, and in which order: what is linked already stands behind what is new."""

from __future__ import annotations

from tasks.briefs.grouping import Group
from tasks.briefs.links import Link
from tasks.briefs.plan import MAX_REJECTED, kept_groups
from tasks.kinds.project import Project


def group(name: str, score: float, *links: Link) -> Group:
    return Group((Project(f"a/{name}"), Project(f"b/{name}")), score, {}, links=links)


def linked(name: str, score: float) -> Group:
    return group(name, score, Link(f"a/{name}", f"b/{name}", "See it."))


def test_what_is_linked_already_stands_behind_what_is_not() -> None:
    groups = [linked("x", 0.95), group("new", 0.9), group("low", 0.5), linked("y", 0.4)]
    kept, shortlisted = kept_groups(groups, 0.8)
    assert [one.key.split("/")[-1] for one in kept] == ["new", "low", "x", "y"]
    assert shortlisted == {"a/new b/new", "a/x b/x"}


def test_what_does_not_return_comes_last_and_is_not_shortlisted() -> None:
    groups = [group("old", 0.9), group("new", 0.85), linked("x", 0.95)]
    kept, shortlisted = kept_groups(groups, 0.8, {"a/old b/old"})
    assert [one.key.split("/")[-1] for one in kept] == ["new", "x", "old"]
    assert shortlisted == {"a/new b/new", "a/x b/x"}


def test_of_those_below_the_threshold_the_best_are_kept() -> None:
    groups = [group(f"n{number}", 0.5) for number in range(MAX_REJECTED + 5)]
    kept, shortlisted = kept_groups(groups, 0.8)
    assert (kept, shortlisted) == (groups[:MAX_REJECTED], frozenset())
