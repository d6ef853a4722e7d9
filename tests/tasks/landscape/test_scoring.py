"""The score without a model: within bounds, monotone, and the sum of its parts."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tasks.landscape.scoring import (
    ARCHIVED_PENALTY,
    PLACES,
    POLICY,
    README_FULL_BYTES,
    WEIGHTS,
    SignalInputs,
    relevance_of,
    score_signals,
)
from tests.support.hostile import hostile_text

BEST = SignalInputs(1.0, 10**9, 0, 10**6, has_license=True, archived=False)
WORST = SignalInputs(0.0, 0, None, 0, has_license=False, archived=True)
NOTHING = {"full_name": "o/n", "topics": (), "description": "", "keywords": ()}
some_inputs = st.builds(
    SignalInputs,
    relevance=st.floats(0, 1),
    stars=st.integers(0, 2**31 - 1),
    days_since_push=st.none() | st.integers(0, 20_000),
    readme_bytes=st.integers(0, 2**21),
    has_license=st.booleans(),
    archived=st.booleans(),
)


def relevance(query: str, **changes: Any) -> float:
    return relevance_of(query, **(NOTHING | changes))


def test_the_weights_add_up_to_one() -> None:
    assert math.fsum(WEIGHTS.values()) == 1.0
    assert all(weight > 0 for weight in WEIGHTS.values())


def test_the_policy_is_that_of_these_numbers() -> None:
    """Whoever changes a number gives the policy a new name, and this test the new numbers."""
    inputs = SignalInputs(0.5, 99, 73, 2_500, has_license=True, archived=False)
    assert (POLICY, score_signals(inputs).final) == ("scout-signals/1", 0.59)
    assert PLACES == {"name": 1.0, "description": 0.8, "keywords": 0.6}


def test_the_best_gets_one_and_the_worst_nothing() -> None:
    assert score_signals(BEST).final == 1.0
    assert score_signals(WORST).final == 0.0


def test_an_archived_repository_loses_the_penalty() -> None:
    score = score_signals(replace(BEST, archived=True))
    assert score.final == pytest.approx(1 - ARCHIVED_PENALTY)
    assert score.components["archived"] == -ARCHIVED_PENALTY
    assert "archived" not in score_signals(BEST).components


@given(some_inputs)
def test_a_score_is_the_sum_of_its_parts_within_bounds(inputs: SignalInputs) -> None:
    score = score_signals(inputs)
    assert 0.0 <= score.final <= 1.0
    parts = {name: value for name, value in score.components.items() if name != "archived"}
    assert parts.keys() == WEIGHTS.keys()
    assert all(0.0 <= parts[name] <= WEIGHTS[name] for name in WEIGHTS)
    assert score.final == pytest.approx(max(0.0, sum(score.components.values())), abs=1e-4)


@given(
    some_inputs,
    st.sampled_from(["relevance", "stars", "readme_bytes", "days_since_push", "has_license"]),
    st.data(),
)
def test_a_better_signal_never_makes_a_worse_score(
    inputs: SignalInputs, signal: str, data: st.DataObject
) -> None:
    other = getattr(data.draw(some_inputs), signal)
    values = [getattr(inputs, signal), other]
    if signal == "days_since_push":
        values.sort(key=lambda days: -math.inf if days is None else -days)
    else:
        values.sort()
    worse, better = (score_signals(replace(inputs, **{signal: value})) for value in values)
    assert worse.final <= better.final


@given(some_inputs)
def test_being_archived_never_helps(inputs: SignalInputs) -> None:
    archived, active = (score_signals(replace(inputs, archived=flag)) for flag in (True, False))
    assert archived.final <= active.final


@pytest.mark.parametrize(
    ("worse", "better"),
    [
        ({"stars": 10}, {"stars": 100}),
        ({"days_since_push": 300}, {"days_since_push": 3}),
        ({"days_since_push": None}, {"days_since_push": 3}),
        ({"relevance": 0.4}, {"relevance": 0.6}),
        ({"readme_bytes": 0}, {"readme_bytes": README_FULL_BYTES}),
        ({"has_license": False}, {"has_license": True}),
        ({"archived": True}, {"archived": False}),
    ],
)
def test_every_signal_counts(worse: dict[str, Any], better: dict[str, Any]) -> None:
    usual = SignalInputs(0.5, 50, 30, 1_000, has_license=True, archived=False)
    one, other = score_signals(replace(usual, **worse)), score_signals(replace(usual, **better))
    assert one.final < other.final


@pytest.mark.parametrize(
    ("found_in", "place"),
    [
        ({"full_name": "vector/tiny-database"}, "name"),
        ({"topics": ["database"]}, "name"),
        ({"topics": ["graph-databases"]}, "name"),
        ({"description": "A small Database."}, "description"),
        ({"description": "A time-series-database"}, "description"),
        ({"keywords": ["graph databases"]}, "keywords"),
    ],
)
def test_a_word_counts_by_where_it_stands(found_in: dict[str, Any], place: str) -> None:
    assert relevance("database", **found_in) == PLACES[place]
    assert relevance("vector database", **found_in) == pytest.approx(PLACES[place] / 2)


def test_the_best_place_counts_and_counts_once() -> None:
    everywhere = {"description": "vector", "keywords": ["vector"], "topics": ["vector"]}
    assert relevance("vector", **everywhere) == 1.0
    assert relevance("vector vectors VECTOR", **everywhere) == 1.0


def test_an_owners_name_is_not_what_a_repository_is_about() -> None:
    assert relevance("vector", full_name="vector/quiver") == 0.0


def test_words_that_say_nothing_do_not_count_unless_they_are_all() -> None:
    assert relevance("a framework for vectors", topics=["vector"]) == 1.0
    assert relevance("open framework", topics=["framework"]) == 0.5


def test_half_a_word_is_no_word() -> None:
    assert relevance("vector", full_name="o/vectorise", description="vectorised") == 0.0


@pytest.mark.parametrize("query", ["", "!!!", "\u3000", "-"])
def test_a_query_without_words_is_about_nothing(query: str) -> None:
    assert relevance(query, topics=["vector"], description=query) == 0.0


@given(hostile_text, hostile_text, st.lists(hostile_text, max_size=4))
def test_any_text_has_a_relevance(query: str, description: str, topics: list[str]) -> None:
    found = relevance(query, description=description, topics=topics, keywords=topics)
    assert 0.0 <= found <= 1.0
    assert found <= relevance(query, description=description, topics=[*topics, query])
