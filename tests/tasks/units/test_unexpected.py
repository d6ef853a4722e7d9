"""What nobody foresaw about one unit: that unit fails, and its traceback is on record."""

from __future__ import annotations

import json
import threading

import pytest
from msgspec.structs import replace

from models.codes import Code
from models.errors import PermanentError
from tasks.units.loop import work_through
from tests.support.cli import SECRET
from tests.support.live_units import Saved, hurry, live, work
from tests.support.recorder import FakeRecorder

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)


@pytest.fixture
def recorder() -> FakeRecorder:
    return FakeRecorder()


class UnshowableError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("not even this")


ODD = (
    UnicodeEncodeError("utf-8", "fast \ud83d", 5, 6, "surrogates not allowed"),
    RecursionError("maximum recursion depth exceeded"),
    OverflowError("year is out of range"),
    KeyError("choices"),
    AssertionError(),
    UnshowableError(),
    MemoryError(),
    StopIteration("of a generator"),
)


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: type(odd).__name__)
def test_whatever_one_unit_raises_is_that_units_failure(
    recorder: FakeRecorder, odd: Exception
) -> None:
    def fetch(unit: int) -> str:
        if unit == 3:
            raise odd
        return str(unit)

    saved = work(recorder, 20, fetch)
    assert len(saved) == 20
    assert [text for text in saved if text.startswith("3 failed: 3: " + type(odd).__name__)]
    (event,) = recorder.events("item.unexpected_error")
    assert (event["item"], event["error_type"], event["error_code"]) == (
        "3",
        type(odd).__name__,
        Code.BUG,
    )
    assert "in fetch" in event["traceback"]
    assert recorder.events("item.retrying") == []  # a bug comes again


def test_too_many_of_them_fail_the_step_as_the_bug_that_they_are(recorder: FakeRecorder) -> None:
    def fetch(unit: int) -> str:
        raise KeyError("choices")

    with pytest.raises(PermanentError, match="units failed, more than 50%") as caught:
        work(recorder, 20, fetch)
    assert caught.value.code is Code.BUG


def test_no_secret_is_in_what_is_kept_of_it(recorder: FakeRecorder) -> None:
    def fetch(unit: int) -> str:
        if unit:
            return str(unit)
        raise ValueError(f"unexpected: Bearer {SECRET}")

    saved = work(recorder, 8, fetch)
    assert SECRET not in json.dumps([saved, recorder.audits, recorder.messages])


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), ConnectionError()])
def test_what_says_something_about_every_unit_is_not_taken_for_one_units(
    recorder: FakeRecorder, error: Exception
) -> None:
    def fetch(unit: int) -> str:
        raise error

    with pytest.raises(type(error)):
        work(recorder, 8, fetch)
    assert recorder.events("item.unexpected_error") == []


def test_what_ends_a_step_ends_it_from_any_thread(recorder: FakeRecorder) -> None:
    class StopError(BaseException):
        pass

    def fetch(unit: int) -> str:
        raise StopError

    with pytest.raises(StopError):
        work(recorder, 8, fetch)


def test_in_a_dry_run_it_ends_the_step_as_what_it_is(recorder: FakeRecorder) -> None:
    def fetch(unit: int) -> str:
        raise KeyError(threading.current_thread().name)

    context = replace(live(recorder), args=replace(live(recorder).args, dry=True))
    with pytest.raises(KeyError):
        work_through(context, range(8), fetch, Saved(), failed=lambda unit, error: str(unit))
    assert recorder.audits == []
