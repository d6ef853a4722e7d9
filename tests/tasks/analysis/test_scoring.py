"""The scoring policy."""

from __future__ import annotations

import math
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import asdict, replace

from tasks.analysis.scoring import (
    DAYS_STALE,
    STARS_FULL,
    WEIGHTS,
    ScoreInputs,
    days_between,
    score_repo,
)

UNIT = st.floats(0, 1)
INPUTS = st.builds(
    ScoreInputs,
    interestingness=UNIT,
    novelty=UNIT,
    collaboration_potential=UNIT,
    stars=st.integers(0, 10**6),
    days_since_push=st.none() | st.integers(0, 5000),
    has_readme=st.booleans(),
    has_evidence=st.booleans(),
    archived=st.booleans(),
)
BEST = ScoreInputs(1.0, 1.0, 1.0, STARS_FULL, 0, True, True, False)


def test_the_weights_sum_to_one() -> None:
    assert math.isclose(sum(WEIGHTS.values()), 1.0)


def test_the_best_and_the_worst() -> None:
    worst = ScoreInputs(0.0, 0.0, 0.0, 0, None, False, False, True)
    assert (score_repo(BEST).final, score_repo(worst).final) == (1.0, 0.0)


def test_a_known_score() -> None:
    """Whoever changes this number gives the policy a new version."""
    inputs = ScoreInputs(0.7, 0.5, 0.8, 999, 73, True, True, False)
    assert score_repo(inputs).final == 0.695


@pytest.mark.parametrize(
    ("change", "loss"),
    [
        ({"has_readme": False}, 0.10),
        ({"has_evidence": False}, 0.05),
        ({"archived": True}, 0.20),
        ({"days_since_push": None}, 0.15),
        ({"days_since_push": DAYS_STALE}, 0.15),
    ],
)
def test_what_costs_points(change: dict[str, Any], loss: float) -> None:
    assert score_repo(replace(BEST, **change)).final == pytest.approx(1.0 - loss)


@given(INPUTS, st.sampled_from(["interestingness", "novelty", "collaboration_potential"]), UNIT)
def test_a_better_model_score_never_lowers_the_score(
    inputs: ScoreInputs, name: str, other: float
) -> None:
    low, high = sorted((asdict(inputs)[name], other))
    scores = [score_repo(replace(inputs, **{name: value})).final for value in (low, high)]
    assert scores[0] <= scores[1]


@given(INPUTS)
def test_a_score_is_reproducible_rounded_once_and_in_range(inputs: ScoreInputs) -> None:
    score = score_repo(inputs)
    assert score == score_repo(ScoreInputs(**asdict(inputs)))
    assert 0.0 <= score.final <= 1.0
    assert score.final == round(min(1.0, max(0.0, sum(score.components.values()))), 4)


def test_days_between() -> None:
    today = date(2025, 6, 1)
    assert days_between("2025-05-30T10:00:00Z", today) == 2
    assert days_between("2025-06-05T10:00:00Z", today) == 0
    assert days_between(None, today) is None
