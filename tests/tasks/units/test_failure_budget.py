"""Units of a live run that brought nothing of use: so many may be lost, and no more."""

from __future__ import annotations

from typing import Any

import pytest

from models.errors import ItemFailedError, PermanentError, ScoutError, TransientError
from tasks.units.loop import work_through
from tests.support.live_units import Saved, hurry, live
from tests.support.recorder import FakeRecorder

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)


def work(count: int, useless: int, undone: int = 0, **options: Any) -> Saved:
    """Work through units of which some bring nothing of use and the last are left undone."""

    def fetch(unit: int) -> str | None:
        return None if unit >= count - undone else str(unit)

    def unusable(text: str) -> ScoutError | None:
        return ItemFailedError("No JSON.", "Choose.") if int(text) < useless else None

    saved = Saved()
    work_through(live(FakeRecorder()), range(count), fetch, saved, unusable=unusable, **options)
    return saved


def test_more_than_half_fail_the_step() -> None:
    with pytest.raises(PermanentError, match=r"1\d of 20 .* is not valid, more than 50%") as got:
        work(20, 12)
    assert "No JSON." in got.value.message
    assert got.value.hint == "Choose."


@pytest.mark.parametrize(("count", "useless"), [(20, 10), (4, 4), (31, 2)])
def test_half_of_them_or_a_few_do_not(count: int, useless: int) -> None:
    assert len(work(count, useless)) == count


def test_those_of_earlier_attempts_count() -> None:
    assert len(work(10, 3, done=10, lost=7)) == 10
    with pytest.raises(PermanentError, match="11 of 20"):
        work(10, 4, done=10, lost=7)


def test_a_budget_that_leaves_units_undone_does_not_make_a_few_too_many() -> None:
    assert len(work(40, 9, undone=30)) == 10


def test_nothing_of_use_at_all_is_no_success_even_with_a_budget() -> None:
    with pytest.raises(PermanentError, match="no other was done"):
        work(40, 10, undone=30)


def test_trouble_that_passes_beside_them_is_not_taken_for_nobody_there() -> None:
    def fetch(unit: int) -> str:
        if unit % 2:
            raise TransientError("HTTP 500.")
        return str(unit)

    with pytest.raises(PermanentError):
        work_through(
            live(FakeRecorder()),
            range(12),
            fetch,
            Saved(),
            failed=lambda unit, error: str(unit),
            unusable=lambda text: None if int(text) % 2 else ItemFailedError("No JSON."),
        )
