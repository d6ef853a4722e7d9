"""Groups of `scout-brief/2`: what they hold, in which order, and that it comes out the same."""

from __future__ import annotations

import random
from itertools import combinations

import pytest
from msgspec.structs import replace

from tasks.briefs.grouping import MAX_APPEARANCES, Group, group_projects
from tasks.embeddings import exact
from tasks.kinds.project import Project

WORDS = [f"word{number}" for number in range(30)]


def world(count: int = 24, seed: int = 1) -> list[Project]:
    chance = random.Random(seed)

    def phrase() -> str:
        return " ".join(chance.sample(WORDS, 2))

    return [
        Project(
            f"owner{number % 20}/r{number}",
            description=phrase(),
            stars=chance.randrange(50, 9_000),
            summary=phrase(),
            provides=(phrase(), phrase()),
            needs=(phrase(),),
            keywords=(phrase(),),
            score=chance.random(),
        )
        for number in range(count)
    ]


def keys(groups: list[Group]) -> list[str]:
    return [group.key for group in groups]


def test_the_order_of_the_input_does_not_matter() -> None:
    projects = world()
    shuffled = random.Random(2).sample(projects, len(projects))
    assert group_projects(shuffled) == group_projects(projects)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_without_numpy_it_is_the_same(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    projects = world(seed=seed)
    assert len(projects) < exact.NUMPY_FROM
    without_it = group_projects(projects)
    monkeypatch.setattr(exact, "NUMPY_FROM", 1)
    with exact.arithmetic(len(projects), by_meaning=False):
        assert exact.numpy()
    assert group_projects(projects) == without_it


def test_no_group_has_two_of_one_owner_and_nobody_is_everywhere() -> None:
    groups = group_projects(world(60))
    for group in groups:
        owners = [name.partition("/")[0] for name in group.full_names]
        assert len(set(owners)) == len(owners)
    pairs = [name for group in groups if len(group.full_names) == 2 for name in group.full_names]
    assert max(map(pairs.count, pairs)) <= MAX_APPEARANCES
    assert all(0 <= group.score <= 1 for group in groups)


def test_those_that_are_most_alike_are_not_proposed() -> None:
    twin = {"provides": ("word1 word2",), "needs": ("word1 word2",), "keywords": ("word1 word2",)}
    pair = [Project("one/x", **twin), Project("two/y", **twin)]  # type: ignore[arg-type]
    assert "one/x two/y" not in keys(group_projects([*world(), *pair]))


def test_a_pair_that_is_linked_stands_after_all_others_with_the_quote() -> None:
    projects = world()
    best = group_projects(projects)[0]
    first, second = best.full_names
    names = f"It reads what https://github.com/{second} writes."
    changed = [replace(p, readme=names) if p.full_name == first else p for p in projects]
    groups = [group for group in group_projects(changed) if len(group.full_names) == 2]
    if best.key in keys(groups):
        linked = [group for group in groups if group.links]
        assert groups[-len(linked) :] == linked
        (link,) = next(group for group in groups if group.key == best.key).links
        assert (link.source, link.target) == (first, second)
        assert second in link.quote
    assert keys(groups)[0] != best.key


def test_nothing_and_one_make_no_group() -> None:
    assert group_projects([]) == []
    assert group_projects(world(1)) == []


def test_a_pair_is_as_well_known_as_the_lesser_known_of_its_two() -> None:
    """Somebody famous does not lift those who have nothing but the wish for it."""
    stars = {"a/a": 90_000, "b/b": 10, "c/c": 900, "d/d": 800}
    projects = [Project(name, "an index", stars=count) for name, count in stars.items()]
    ranks = {group.key: group.components["stars"] for group in group_projects(projects)}
    assert ranks["c/c d/d"] > ranks["b/b c/c"] == ranks["a/a b/b"]


def around(projects: list[Project], own: str) -> list[Project]:
    return [replace(one, is_own=one.full_name == own) for one in projects]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_around_one_project_every_group_has_it_and_ranks_are_among_its_pairs(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    projects = around(world(30, seed), "owner7/r7")
    groups = group_projects(projects)
    assert len(groups) > MAX_APPEARANCES
    assert all("owner7/r7" in group.full_names for group in groups)
    pairs = [group.key for group in groups if len(group.members) == 2]
    assert len(pairs) == len(set(pairs))
    fits = {group.key for group in group_projects(around(projects, ""))}
    for group in groups:
        others = [name for name in group.full_names if name != "owner7/r7"]
        assert all(" ".join(sorted(two)) in fits for two in combinations(others, 2))
        assert all(" ".join(sorted((one, "owner7/r7"))) in pairs for one in others)
    assert groups[0].score > 0.5
    scores = [group.score for group in groups if len(group.members) == 2]
    assert scores == sorted(scores, reverse=True)
    monkeypatch.setattr(exact, "NUMPY_FROM", 1)
    assert group_projects(projects) == groups


def test_around_one_project_three_that_fit_each_other_are_a_group() -> None:
    found = [group_projects(around(world(30, seed), "owner7/r7")) for seed in range(4)]
    assert any(len(group.members) > 2 for groups in found for group in groups)


def test_who_does_the_same_job_as_ones_own_is_not_proposed() -> None:
    projects = world(30)
    twin = replace(projects[7], full_name="twin/r", description="Another.")
    groups = group_projects(around([*projects, twin], "owner7/r7"))
    assert groups
    assert "twin/r" not in {name for group in groups for name in group.full_names}
