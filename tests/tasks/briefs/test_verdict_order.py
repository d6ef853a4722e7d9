"""What a judge may do to an order, and what it may not."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tasks.briefs.verdict_order import BACK, YES, in_verdict_order

Fits = list[float | None]
FITS: st.SearchStrategy[Fits] = st.lists(st.none() | st.floats(0, 1), max_size=30)


def test_a_no_goes_behind_each_yes_and_both_keep_their_order() -> None:
    assert in_verdict_order("abcde", [0.2, 0.9, YES, 0.49, 0.6]) == list("bcead")


def test_a_no_costs_no_more_than_so_many_places() -> None:
    ordered = in_verdict_order(range(3 * BACK), [0.0, *[1.0] * (3 * BACK - 1)])
    assert ordered.index(0) == BACK
    assert ordered == [*range(1, BACK + 1), 0, *range(BACK + 1, 3 * BACK)]


def test_what_was_not_judged_keeps_its_place() -> None:
    assert in_verdict_order("abcde", [0.1, None, 0.8, None, None]) == list("cbade")
    assert in_verdict_order("abc", [None, None, None]) == list("abc")


def test_how_sure_a_model_says_it_is_counts_for_nothing() -> None:
    assert in_verdict_order("abc", [0.5, 0.99, 0.6]) == list("abc")


@given(FITS)
def test_nothing_comes_in_or_goes_and_nothing_moves_beyond_what_was_judged(fits: Fits) -> None:
    items = list(range(len(fits)))
    ordered = in_verdict_order(items, fits)
    assert sorted(ordered) == items
    assert all(ordered[at] == at for at, fit in enumerate(fits) if fit is None)
    judged = [at for at, fit in enumerate(fits) if fit is not None]
    moved = {
        one: judged.index(at) - judged.index(one)
        for at, one in enumerate(ordered)
        if fits[one] is not None
    }
    assert all(0 <= places <= BACK for one, places in moved.items() if (fits[one] or 0.0) < YES)
    assert all(places <= 0 for one, places in moved.items() if (fits[one] or 0.0) >= YES)
    for wanted in (True, False):
        kind = [one for one in ordered if one in moved and ((fits[one] or 0.0) < YES) == wanted]
        assert kind == sorted(kind)
