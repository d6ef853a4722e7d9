"""What fails in a live run: one unit, several, or all because nobody is there."""

from __future__ import annotations

import threading

import pytest

from models.errors import ItemFailedError, PermanentError, PostponedError, TransientError
from tasks.units import retries
from tasks.units.failure_budget import DOWN_AFTER
from tasks.units.loop import BATCH_MAX, work_through
from tests.support.live_units import TIMEOUT_S, Saved, failed, hurry, live, work
from tests.support.recorder import FakeRecorder

USUAL = retries.BACKOFF
pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    hurry(monkeypatch)


@pytest.fixture
def recorder() -> FakeRecorder:
    return FakeRecorder()


def test_one_bad_unit_is_recorded_and_the_others_go_on(recorder: FakeRecorder) -> None:
    def fetch(unit: int) -> str:
        if unit == 3:
            raise ItemFailedError("Blocked.")
        return str(unit)

    saved = work(recorder, 9, fetch)
    assert "3 failed: Blocked." in saved
    assert len(saved) == 9


def test_trouble_that_passes_is_tried_again_in_its_place(recorder: FakeRecorder) -> None:
    tries: list[int] = []

    def fetch(unit: int) -> str:
        tries.append(unit)
        if tries.count(unit) < retries.MAX_TRIES:
            raise TransientError("HTTP 503.")
        return str(unit)

    assert sorted(work(recorder, 3, fetch)) == ["0", "1", "2"]
    assert len(tries) == 3 * retries.MAX_TRIES
    events = recorder.events("item.retrying")
    assert sorted(event["try"] for event in events if event["item"] == "1") == [2, 3, 4]
    assert {event["error"] for event in events} == {"HTTP 503."}


def test_trouble_that_does_not_pass_is_at_last_the_failure_of_the_unit(
    recorder: FakeRecorder,
) -> None:
    def fetch(unit: int) -> str:
        if unit == 0:
            raise TransientError("HTTP 500.")
        return str(unit)

    assert "0 failed: HTTP 500." in work(recorder, 5, fetch)


def test_the_wait_that_is_asked_for_is_kept(
    recorder: FakeRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr(retries, "pause", lambda wait_s, checkpoint: waits.append(wait_s))
    tries: list[int] = []

    def fetch(unit: int) -> str:
        tries.append(unit)
        if len(tries) == 1:
            raise TransientError("HTTP 429.", "", 41.0)
        return str(unit)

    work(recorder, 1, fetch)
    assert 41.0 <= waits[0] <= 60.0
    (event,) = [entry for entry in recorder.audits if entry.event == "item.retrying"]
    assert event.level == "WARNING"
    assert event.data["wait_ms"] >= 41_000


def test_a_wait_that_is_asked_for_is_not_made_longer_and_costs_no_try(
    recorder: FakeRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nine refusals for the rate limit's sake, among them the three that the tries are for."""
    waits: list[float] = []
    monkeypatch.setattr(retries, "pause", lambda wait_s, checkpoint: waits.append(wait_s))
    monkeypatch.setattr(retries, "BACKOFF", USUAL)
    asked_s = [1.08, 1.08, None, 1.08, 0.0, 1.08, None, 1.08, None]
    left = iter(asked_s)

    def fetch(unit: int) -> str:
        for seconds in left:
            raise TransientError("HTTP 429.", "", seconds)
        return "done"

    assert work(recorder, 1, fetch) == ["done"]
    as_asked = [wait for wait, asked in zip(waits, asked_s, strict=True) if asked is not None]
    assert all(1.0 <= wait <= 1.08 * 1.3 for wait in as_asked)
    assert waits[-1] >= 9.0
    events = recorder.events("item.retrying")
    assert [event.get("asked_wait") for event in events] == [1, 2, None, 3, 4, 5, None, 6, None]
    assert [event["try"] for event in events] == [1, 1, 2, 2, 2, 2, 3, 3, 4]
    assert recorder.messages[0].endswith("s, as it asks.")


@pytest.mark.parametrize(("asked_s", "most"), [(1.0, retries.MAX_ASKED_WAITS), (50.0, 12)])
def test_waits_that_are_asked_for_without_end_come_to_one(
    recorder: FakeRecorder, monkeypatch: pytest.MonkeyPatch, asked_s: float, most: int
) -> None:
    waits: list[float] = []
    monkeypatch.setattr(retries, "pause", lambda wait_s, checkpoint: waits.append(wait_s))

    def fetch(unit: int) -> str:
        if unit == 0:
            raise TransientError("HTTP 429.", "", asked_s)
        return str(unit)

    assert "0 failed: HTTP 429." in work(recorder, 5, fetch)
    assert most / 1.3 - 1 <= len(waits) <= most
    assert sum(waits) <= retries.MAX_ASKED_S


def test_a_longer_wait_hands_the_step_back(recorder: FakeRecorder) -> None:
    def fetch(unit: int) -> str:
        raise TransientError("HTTP 429.", "", 3600.0)

    with pytest.raises(PostponedError, match=r"wait 60 min \(until \d\d:\d\d UTC\)") as caught:
        work(recorder, 3, fetch)
    assert caught.value.delay_s == 3600.0


def test_too_many_failures_fail_the_step_and_are_recorded(recorder: FakeRecorder) -> None:
    saved = Saved()

    def fetch(unit: int) -> str:
        if unit < 12:
            raise ItemFailedError("HTTP 400.", "Look.")
        return str(unit)

    with pytest.raises(PermanentError, match=r"of 20 units failed, more than 50%") as caught:
        work_through(live(recorder), range(20), fetch, saved, failed=failed)
    assert (caught.value.hint, "HTTP 400." in caught.value.message) == ("Look.", True)
    assert len([text for text in saved if "failed" in text]) >= 11


def test_a_few_failures_of_a_few_units_are_no_reason_to_fail(recorder: FakeRecorder) -> None:
    def fetch(unit: int) -> str:
        raise ItemFailedError("HTTP 400.")

    assert len(work(recorder, 4, fetch)) == 4


def test_half_of_the_units_may_fail(recorder: FakeRecorder) -> None:
    def fetch(unit: int) -> str:
        if unit % 2:
            raise ItemFailedError("HTTP 400.")
        return str(unit)

    assert len(work(recorder, 20, fetch)) == 20


def test_an_endpoint_that_is_down_is_transient_and_found_out_early(recorder: FakeRecorder) -> None:
    asked: set[int] = set()

    def fetch(unit: int) -> str:
        asked.add(unit)
        raise TransientError("Connection refused.")

    with pytest.raises(TransientError, match=r"Connection refused"):
        work(recorder, 200, fetch)
    assert len(asked) < 60


@pytest.mark.parametrize("threads", [4, 16])
def test_an_endpoint_that_is_down_is_not_asked_by_every_thread_again_and_again(
    recorder: FakeRecorder, monkeypatch: pytest.MonkeyPatch, threads: int
) -> None:
    monkeypatch.setenv("SCOUT_CONCURRENCY", str(threads))
    tries: list[int] = []

    def fetch(unit: int) -> str:
        tries.append(unit)
        raise TransientError("Connection refused.")

    with pytest.raises(TransientError, match=r"Connection refused"):
        work(recorder, 400, fetch)
    general = retries.NOBODY_AFTER * threads
    assert len(tries) < general + 2 * threads + DOWN_AFTER + BATCH_MAX


@pytest.mark.parametrize("refused", [False, True])
def test_units_that_are_answered_keep_the_patience_with_those_that_are_not(
    recorder: FakeRecorder, refused: bool
) -> None:
    """One in four has trouble that stays and all its tries; a refusal is an answer, too."""
    tries: list[int] = []

    def fetch(unit: int) -> str:
        tries.append(unit)
        if unit % 4 == 0:
            raise TransientError("HTTP 500.")
        if refused:
            raise ItemFailedError("HTTP 400.")
        return str(unit)

    assert len(work(recorder, 100, fetch, done=200)) == 100
    assert {tries.count(unit) for unit in range(0, 100, 4)} == {retries.MAX_TRIES}


def test_an_endpoint_that_goes_down_half_way_is_transient(recorder: FakeRecorder) -> None:
    def fetch(unit: int) -> str:
        if unit > 100:
            raise TransientError("Connection refused.")
        return str(unit)

    with pytest.raises(TransientError, match=r"Connection refused"):
        work(recorder, 400, fetch)


def test_when_all_of_a_few_units_find_nobody_there_the_step_is_tried_again(
    recorder: FakeRecorder,
) -> None:
    def fetch(unit: int) -> str:
        raise TransientError("Connection refused.")

    with pytest.raises(TransientError):
        work(recorder, 2, fetch)
    assert len(work(recorder, 2, fetch, done=30)) == 2


def test_an_error_of_the_whole_step_ends_it_after_what_was_fetched_is_saved(
    recorder: FakeRecorder,
) -> None:
    saved = Saved()
    begun = threading.Barrier(2)

    def fetch(unit: int) -> str:
        if unit > 1:
            return str(unit)
        begun.wait(TIMEOUT_S)
        if unit == 0:
            raise PermanentError("HTTP 401.")
        return str(unit)

    with pytest.raises(PermanentError, match="401"):
        work_through(live(recorder), range(300), fetch, saved, failed=failed)
    assert "1" in saved
    assert len(saved) < 300


def test_without_a_way_to_record_it_a_failure_ends_the_step(recorder: FakeRecorder) -> None:
    def fetch(unit: int) -> str:
        raise ItemFailedError("HTTP 400.")

    with pytest.raises(ItemFailedError):
        work(recorder, 3, fetch, record_failures=False)
