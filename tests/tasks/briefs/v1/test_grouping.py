from __future__ import annotations

import random
from collections import Counter
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.briefs.v1.candidates import Partner, words_of
from tasks.briefs.v1.grouping import MAX_APPEARANCES, MAX_GROUPS, MAX_MEMBERS, group_candidates


def candidate(name: str, score: float = 0.8, **changes: object) -> Partner:
    values = {"topics": frozenset({"search"}), "maturity": "active"} | changes
    return Partner(f"org/{name}", score, **values)  # type: ignore[arg-type]


def words(prefix: str, most: int) -> st.SearchStrategy[frozenset[str]]:
    names = [f"{prefix}{number}" for number in range(most)]
    return st.frozensets(st.sampled_from(names), max_size=5)


worlds = st.lists(
    st.builds(
        Partner,
        full_name=st.integers(0, 30).map("org/r{}".format),
        score=st.integers(0, 100).map(lambda number: number / 100),
        language=st.sampled_from([None, "Go", "Rust"]),
        topics=words("t", 6),
        keywords=words("k", 8),
        surfaces=words("s", 5),
        provides=words("w", 8),
        needs=words("w", 8),
        maturity=st.sampled_from(["active", "mature", "experimental", "?"]),
    ),
    max_size=16,
    unique_by=lambda one: one.full_name,
)


@settings(max_examples=75)
@given(worlds, st.randoms(use_true_random=False))
def test_the_order_of_the_input_does_not_matter(
    world: list[Partner], shuffler: random.Random
) -> None:
    shuffled = list(world)
    shuffler.shuffle(shuffled)
    assert group_candidates(shuffled) == group_candidates(world)


@given(st.permutations([candidate(f"r{number}") for number in range(9)]))
def test_names_decide_between_repositories_that_are_alike(world: list[Partner]) -> None:
    keys = [group.key for group in group_candidates(world)]
    assert keys == [group.key for group in group_candidates(sorted(world, key=str))]
    assert keys[0].startswith("org/r0 org/r1")


@settings(max_examples=75)
@given(worlds)
def test_groups_are_small_distinct_and_diverse(world: list[Partner]) -> None:
    groups = group_candidates(world)
    pairs = Counter(pair for group in groups for pair in combinations(sorted(group.full_names), 2))
    appearances = Counter(name for group in groups for name in group.full_names)
    assert all(2 <= len(set(group.full_names)) <= MAX_MEMBERS for group in groups)
    assert all(count == 1 for count in pairs.values())
    assert all(count <= MAX_APPEARANCES for count in appearances.values())
    assert len({group.key for group in groups}) == len(groups) <= MAX_GROUPS


@settings(max_examples=50)
@given(worlds)
def test_groups_come_best_first_with_scores_between_0_and_1(world: list[Partner]) -> None:
    groups = group_candidates(world)
    assert groups == sorted(groups, key=lambda group: (-group.score, group.key))
    assert all(0 <= group.score <= 1 for group in groups)
    assert all(0 <= value <= 1 for group in groups for value in group.components.values())


def test_one_that_needs_what_another_provides_finds_it() -> None:
    world = [
        candidate("index", needs=frozenset({"embedding"}), surfaces=frozenset({"library"})),
        candidate("embedder", provides=frozenset({"embedding"}), surfaces=frozenset({"http_api"})),
        candidate("other-index", needs=frozenset({"embedding"}), surfaces=frozenset({"library"})),
        candidate("viewer", provides=frozenset({"chart"}), surfaces=frozenset({"library"})),
    ]
    best = group_candidates(world)[0]
    assert "org/embedder" in best.full_names
    assert best.components["complementarity"] > 0.9


def test_a_pair_grows_while_that_helps_and_no_further() -> None:
    """Each needs the next in a circle of three; the fourth shares a topic and helps nobody."""
    world = [
        candidate(
            name,
            provides=frozenset({provides}),
            needs=frozenset({needs}),
            surfaces=frozenset({name}),
        )
        for name, provides, needs in [("a", "x", "y"), ("b", "y", "z"), ("c", "z", "x")]
    ]
    bystander = candidate("d", 0.2, maturity="experimental")
    assert group_candidates([*world, bystander])[0].key == "org/a org/b org/c"


def test_repositories_with_nothing_in_common_are_not_put_together() -> None:
    assert group_candidates([candidate("a"), candidate("b", topics=frozenset({"cooking"}))]) == []


def test_too_few_repositories_make_no_group() -> None:
    assert group_candidates([]) == []
    assert group_candidates([candidate("alone")]) == []


def test_members_come_best_first_and_the_key_in_the_order_of_names() -> None:
    group = group_candidates([candidate("a", 0.5), candidate("b", 0.9)])[0]
    assert group.full_names == ("org/b", "org/a")
    assert group.key == "org/a org/b"


def test_shared_keywords_are_those_of_more_than_one_member() -> None:
    group = group_candidates(
        [
            candidate("a", keywords=frozenset({"x", "y", "only-a"})),
            candidate("b", keywords=frozenset({"x", "y", "only-b"})),
        ]
    )[0]
    assert group.shared_keywords == ("search", "x", "y")


def test_phrases_are_compared_by_their_words() -> None:
    assert words_of(["Vector indexes", "libraries for the index of PDFs"]) == {
        "vector",
        "indexe",
        "library",
        "index",
        "pdf",
    }
