"""One back-off for everything that is tried again."""

from __future__ import annotations

import pytest

from models.backoff import Backoff

STEADY = Backoff(first_s=2.0, longest_s=60.0, factor=4.0)


def test_delays_grow_up_to_the_longest() -> None:
    assert [STEADY.delay_s(tries) for tries in range(1, 6)] == [2.0, 8.0, 32.0, 60.0, 60.0]


def test_any_number_of_tries_has_a_delay() -> None:
    assert STEADY.delay_s(10**9) == 60.0
    assert Backoff(0.0, 60.0, 1e4).delay_s(10**9) == 0.0


@pytest.mark.parametrize("edge", [0, 1])
def test_jitter_is_a_share_of_the_delay_at_its_limit_too(edge: int) -> None:
    backoff = Backoff(10.0, 40.0, jitter=(0.5, 1.25))
    delays = [backoff.delay_s(tries, lambda *bounds: bounds[edge]) for tries in (1, 2, 9)]
    assert delays == ([5.0, 10.0, 20.0], [12.5, 25.0, 50.0])[edge]
    assert backoff.most_s == 50.0


def test_without_randomness_of_ones_own_delays_differ_and_keep_their_bounds() -> None:
    backoff = Backoff(10.0, 40.0, jitter=(0.5, 1.5))
    delays = {backoff.delay_s(1) for _ in range(50)}
    assert len(delays) > 1
    assert all(5.0 <= delay <= 15.0 for delay in delays)


@pytest.mark.parametrize(("last_s", "next_s"), [(0.0, 2.0), (1.0, 4.0), (8.0, 32.0), (59.0, 60.0)])
def test_the_next_delay_follows_from_the_last_alone(last_s: float, next_s: float) -> None:
    assert STEADY.longer_s(last_s) == next_s
