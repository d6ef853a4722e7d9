from __future__ import annotations

import math

import pytest

from tasks.briefs.v1.candidates import Partner
from tasks.briefs.v1.scoring import WEIGHTS, GroupScorer, brief_score


def components(*members: Partner) -> dict[str, float]:
    return GroupScorer(members).components(range(len(members)))


def test_the_weights_share_out_one() -> None:
    assert math.fsum(WEIGHTS.values()) == 1


def test_a_score_is_the_weighted_sum_of_its_components_rounded_once() -> None:
    values = {"quality": 0.81234, "complementarity": 0.5, "affinity": 0.25, "maturity": 1.0}
    assert brief_score(values) == round(0.284319 + 0.15 + 0.0625 + 0.1, 4) == 0.5968


def test_the_order_of_the_components_does_not_matter() -> None:
    values = {"quality": 0.1, "complementarity": 0.2, "affinity": 0.3, "maturity": 0.7}
    assert brief_score(values) == brief_score(dict(reversed(values.items())))


def test_affinity_is_what_two_have_in_common() -> None:
    one = Partner("o/a", 1, "Go", frozenset({"t", "u"}), frozenset({"k"}))
    same = Partner("o/b", 1, "Go", frozenset({"t", "u"}), frozenset({"k"}))
    half = Partner("o/c", 1, "Rust", frozenset({"t", "v"}))
    assert components(one, same)["affinity"] == 1
    assert components(one, half)["affinity"] == pytest.approx(0.4 * 0.5)


def test_two_unknown_languages_are_not_the_same_one() -> None:
    assert components(Partner("o/a", 1), Partner("o/b", 1))["affinity"] == 0


def test_complementarity_is_needs_that_others_meet_and_other_ways_to_be_reached() -> None:
    asks = Partner("o/a", 1, needs=frozenset({"x", "y"}), surfaces=frozenset({"cli"}))
    gives = Partner("o/b", 1, provides=frozenset({"x"}), surfaces=frozenset({"sdk"}))
    alike = Partner("o/c", 1, provides=frozenset({"x"}), surfaces=frozenset({"cli"}))
    assert components(asks, gives)["complementarity"] == pytest.approx(0.7 * 0.5 + 0.3)
    assert components(asks, alike)["complementarity"] == pytest.approx(0.7 * 0.5)


def test_what_a_project_provides_does_not_meet_its_own_need() -> None:
    own = Partner("o/a", 1, provides=frozenset({"x"}), needs=frozenset({"x"}))
    assert components(own, Partner("o/b", 1))["complementarity"] == 0


def test_quality_and_maturity_are_means_over_the_members() -> None:
    values = components(
        Partner("o/a", 0.9, maturity="active"), Partner("o/b", 0.5, maturity="experimental")
    )
    assert values["quality"] == pytest.approx(0.7)
    assert values["maturity"] == pytest.approx(0.7)
