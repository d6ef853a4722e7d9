"""The loop over units of work in a live run: several at a time, and stopped at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextvars import ContextVar
from typing import Any

import pytest

from models.errors import ConfigError, LeaseLostError, PermanentError
from models.settings.defaults import CONCURRENCY
from models.settings.live import concurrency
from tasks.pause import UnitAbandonedError, pause
from tasks.units import loop as units
from tasks.units.fetch_pool import FetchPool
from tasks.units.loop import BATCH_MAX, work_through
from tests.support.live_units import TIMEOUT_S, Saved, hurry, live, work
from tests.support.recorder import FakeRecorder
from tests.support.waiting import wait_until

pytestmark = pytest.mark.usefixtures("database")

_answer: ContextVar[int] = ContextVar("test_answer", default=0)


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)


@pytest.fixture
def recorder() -> FakeRecorder:
    return FakeRecorder()


def test_as_many_units_as_allowed_are_fetched_at_a_time(recorder: FakeRecorder) -> None:
    meeting = threading.Barrier(4)

    def fetch(unit: int) -> str:
        meeting.wait(TIMEOUT_S)  # passes only where four are there together
        return str(unit)

    saved = work(recorder, 8, fetch)
    assert sorted(saved) == [str(unit) for unit in range(8)]


def test_where_the_system_starts_no_more_threads_those_that_there_are_go_on(
    recorder: FakeRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    left, real = iter(range(2)), threading._start_new_thread  # type: ignore[attr-defined]

    def start(*args: Any) -> Any:
        if next(left, None) is None:
            raise RuntimeError("can't start new thread")
        return real(*args)

    monkeypatch.setattr(threading, "_start_new_thread", start)
    assert len(work(recorder, 8, str)) == 8
    with pytest.raises(RuntimeError):
        work(recorder, 8, str)


def test_never_more_than_allowed_are_fetched_at_a_time(recorder: FakeRecorder) -> None:
    lock, now, most = threading.Lock(), 0, 0
    meeting = threading.Barrier(4)

    def fetch(unit: int) -> str:
        nonlocal now, most
        with lock:
            now += 1
            most = max(most, now)
        meeting.wait(TIMEOUT_S)  # four are there together, and a fifth would be counted
        with lock:
            now -= 1
        return str(unit)

    work(recorder, 60, fetch)
    assert most == 4


def test_results_are_saved_by_the_thread_of_the_step_alone(recorder: FakeRecorder) -> None:
    fetchers: set[int] = set()

    def fetch(unit: int) -> str:
        fetchers.add(threading.get_ident())
        return str(unit)

    saved = work(recorder, 40, fetch)
    assert saved.threads == {threading.get_ident()}
    assert threading.get_ident() not in fetchers
    assert max(saved.batches) <= BATCH_MAX
    assert recorder.progressed[-1] == (40, 40)


def test_a_result_is_saved_while_another_unit_is_still_being_fetched(
    recorder: FakeRecorder,
) -> None:
    saved = Saved()
    first_is_saved = threading.Event()

    def fetch(unit: int) -> str:
        if unit:
            assert first_is_saved.wait(TIMEOUT_S)
        return str(unit)

    def save(batch: Sequence[str]) -> None:
        saved(batch)
        first_is_saved.set()

    work_through(live(recorder), range(2), fetch, save)
    assert saved == ["0", "1"]


def test_threads_see_the_context_of_the_step(recorder: FakeRecorder) -> None:
    token = _answer.set(42)
    try:
        assert set(work(recorder, 9, lambda unit: str(_answer.get()))) == {"42"}
    finally:
        _answer.reset(token)


def test_units_are_prepared_little_by_little_in_the_thread_of_the_step(
    recorder: FakeRecorder,
) -> None:
    ahead: list[int] = []
    fetched = 0
    lock = threading.Lock()

    def prepare() -> Iterator[int]:
        for unit in range(200):
            assert threading.get_ident() == here
            with lock:
                ahead.append(unit - fetched)
            yield unit

    def fetch(unit: int) -> str:
        nonlocal fetched
        with lock:
            fetched += 1
        return str(unit)

    here = threading.get_ident()
    saved = Saved()
    work_through(live(recorder), prepare(), fetch, saved, count=200)
    assert len(saved) == 200
    assert max(ahead) <= 8 + BATCH_MAX


@pytest.mark.parametrize("count", [0, 3])
def test_nothing_is_waited_for_that_cannot_come(
    recorder: FakeRecorder, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    open_then: list[int] = []
    take = FetchPool.take

    def noting(pool: FetchPool[int, str], timeout_s: float, limit: int) -> Any:
        open_then.append(pool.open)
        return take(pool, timeout_s, limit)

    monkeypatch.setattr(FetchPool, "take", noting)
    assert len(work(recorder, count, str)) == count
    assert bool(open_then) == bool(count)
    assert 0 not in open_then


def test_a_unit_left_undone_is_neither_saved_nor_counted(recorder: FakeRecorder) -> None:
    saved = work(recorder, 6, lambda unit: None if unit % 2 else str(unit))
    assert sorted(saved) == ["0", "2", "4"]
    assert recorder.progressed[-1] == (3, 6)


class Stopping(FakeRecorder):
    """A recorder whose step must stop once `stop` is set; `lost` says that it is another's now."""

    def __init__(self) -> None:
        super().__init__()
        self.stop = threading.Event()
        self.lost = False

    def checkpoint(self) -> None:
        if self.stop.is_set():
            raise KeyboardInterrupt

    def save(self, work):  # type: ignore[no-untyped-def]
        if self.lost:
            raise LeaseLostError("Gone.")
        return super().save(work)


class TestStopping:
    def test_no_unit_is_begun_after_it_and_what_was_paid_for_is_saved(self) -> None:
        recorder, saved = Stopping(), Saved()
        begun: list[int] = []

        def fetch(unit: int) -> str:
            begun.append(unit)
            if len(begun) == 4:
                recorder.stop.set()
            assert recorder.stop.wait(TIMEOUT_S)
            return str(unit)

        with pytest.raises(KeyboardInterrupt):
            work_through(live(recorder), range(100), fetch, saved)
        assert len(begun) < 10
        assert sorted(saved) == sorted(str(unit) for unit in begun)

    def test_a_lost_step_saves_nothing_and_waits_for_nobody(self) -> None:
        recorder, saved = Stopping(), Saved()
        never = threading.Event()

        def fetch(unit: int) -> str:
            recorder.lost = True
            recorder.stop.set()
            never.wait(TIMEOUT_S)
            return str(unit)

        with pytest.raises(LeaseLostError):
            work_through(live(recorder), range(100), fetch, saved)
        never.set()
        assert saved == []

    def test_an_answer_that_does_not_come_is_not_waited_for_in_vain(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(units, "STOP_GRACE_S", 0.1)
        recorder, saved = Stopping(), Saved()
        never = threading.Event()

        def fetch(unit: int) -> str:
            if unit == 0:
                return "0"
            recorder.stop.set()
            never.wait(TIMEOUT_S)
            return str(unit)

        with pytest.raises(KeyboardInterrupt):
            work_through(live(recorder), range(100), fetch, saved)
        assert not never.is_set()
        never.set()
        assert saved == ["0"]

    def test_a_pause_ends_when_the_step_does(self, recorder: FakeRecorder) -> None:
        paused, ended = threading.Event(), threading.Event()

        def fetch(unit: int) -> str:
            if unit == 0:
                paused.wait(TIMEOUT_S)
                raise PermanentError("HTTP 401.")
            paused.set()
            try:
                pause(60.0, recorder.checkpoint)
            except UnitAbandonedError:
                ended.set()
                raise
            return str(unit)

        with pytest.raises(PermanentError):
            work(recorder, 2, fetch)
        assert ended.is_set()

    def test_what_was_not_begun_is_never_begun(self) -> None:
        fetched: list[int] = []
        released = threading.Event()

        def fetch(unit: int) -> int:
            fetched.append(unit)
            released.wait(TIMEOUT_S)
            return unit

        with FetchPool(fetch, 1) as pool:
            pool.submit(0)
            pool.submit(1)
            wait_until("the first unit to be begun", lambda: fetched)
            pool.stop()
            released.set()
            assert [one.result for one in pool.last_outcomes(TIMEOUT_S)] == [0]
        assert fetched == [0]

    def test_no_thread_is_left_behind(self, recorder: FakeRecorder) -> None:
        work(recorder, 20, str)
        wait_until(
            "the threads to end",
            lambda: not [one for one in threading.enumerate() if one.name.startswith("fetch-")],
        )


@pytest.mark.parametrize(("text", "number"), [("", CONCURRENCY), ("1", 1), (" 64 ", 64)])
def test_the_environment_says_how_many_at_a_time(
    monkeypatch: pytest.MonkeyPatch, text: str, number: int
) -> None:
    monkeypatch.setenv("SCOUT_CONCURRENCY", text)
    assert concurrency() == number


@pytest.mark.parametrize("text", ["0", "65", "-1", "many", "1.5", "²"])
def test_a_malformed_number_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("SCOUT_CONCURRENCY", text)
    with pytest.raises(ConfigError, match="SCOUT_CONCURRENCY"):
        concurrency()
