"""The loop over units of work in a dry run, and the texts that it stores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.clock import Clock
from models.errors import LeaseLostError, TransientError
from models.run_args import RunArgs
from models.text.canonical_json import dumps, loads
from models.text.storable import storable_tree
from tasks.sources.interface import Sources
from tasks.step import StepContext
from tasks.units.loop import BATCH_MAX, work_through
from tests.support.recorder import FakeRecorder


class SteppingClock(Clock):
    """A clock that moves on by `step_s` whenever it is read."""

    def __init__(self, step_s: float) -> None:
        self.step_s = step_s
        self.elapsed_s = 0.0

    def monotonic_s(self) -> float:
        self.elapsed_s += self.step_s
        return self.elapsed_s


def _context(step_s: float, recorder: FakeRecorder) -> StepContext:
    sources = cast("Sources", None)
    return StepContext(
        "run", "step", 1, RunArgs("q", dry=True), sources, recorder, SteppingClock(step_s)
    )


def _batches(step_s: float, count: int) -> list[int]:
    saved: list[int] = []
    recorder = FakeRecorder()
    units = range(count)
    work_through(_context(step_s, recorder), units, str, lambda batch: saved.append(len(batch)))
    assert recorder.progressed[-1] == (count, count)
    return saved


def test_slow_results_are_saved_one_by_one() -> None:
    assert _batches(1.0, 3) == [1, 1, 1]


def test_fast_results_are_saved_together_but_not_without_end() -> None:
    assert _batches(0.0, BATCH_MAX + 2) == [BATCH_MAX, 2]


def test_what_came_before_an_error_is_saved_and_the_error_comes_through() -> None:
    saved: list[int] = []

    def fetch(unit: int) -> int:
        if unit == 3:
            raise TransientError("Down.")
        return unit

    with pytest.raises(TransientError):
        work_through(_context(0.0, FakeRecorder()), range(9), fetch, saved.extend)
    assert saved == [0, 1, 2]


def test_a_step_that_lost_its_lease_stops_between_units() -> None:
    class Lost(FakeRecorder):
        def checkpoint(self) -> None:
            raise LeaseLostError("Gone.")

    def save(batch: Sequence[str]) -> None:
        raise AssertionError("nothing was fetched")

    with pytest.raises(LeaseLostError):
        work_through(_context(0.0, Lost()), range(3), str, save)


def test_no_units_are_no_progress_and_no_transaction() -> None:
    recorder = FakeRecorder()
    work_through(_context(0.0, recorder), [], str, lambda batch: pytest.fail("saved"))
    assert recorder.progressed == []


TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(TREES)
def test_every_tree_becomes_text_that_a_database_takes(tree: object) -> None:
    text = dumps(storable_tree(tree))
    text.encode()
    assert "\x00" not in text
    assert dumps(loads(text)) == text


def test_json_is_compact_sorted_and_storable_even_with_lone_surrogates() -> None:
    assert dumps({"b": 1, "a": ["é", None]}) == '{"a":["é",null],"b":1}'
    assert dumps("\ud800é") == '"\\ud800\\u00e9"'
    assert loads(dumps("\ud800é")) == "\ud800é"
    assert loads(None) is None
