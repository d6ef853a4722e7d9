"""How many requests a slow model gets at a time, and that none is lost for its slowness."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from msgspec.structs import replace

from models.settings.chat import ChatSettings
from tasks.sources.chat.http import TimedOutError
from tasks.sources.chat.lane import FIRST, Lane
from tasks.sources.chat.model import ChatModel
from tasks.units import retries
from tasks.units.loop import work_through
from tests.support.chat_requests import request
from tests.support.counterparts.llm import Asked, ChatServer
from tests.support.counterparts.llm.server import Handler, answer_well
from tests.support.live_units import Saved, failed, live
from tests.support.recorder import FakeRecorder
from tests.support.waiting import DEADLINE_S

ANSWER_S = 0.2
UNITS = 16


class FakeTime:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> FakeTime:
    return FakeTime()


@pytest.fixture
def lane(clock: FakeTime) -> Lane:
    return Lane(120.0, clock)


def ask(lane: Lane, clock: FakeTime, took_s: float, *, times: int = 1) -> None:
    for _ in range(times):
        with lane.place(None, "x"):
            clock.now_s += took_s


def time_out(lane: Lane, clock: FakeTime, record: FakeRecorder | None = None) -> None:
    place = lane.place(record, "x")
    place.__enter__()
    clock.now_s += 120.0
    place.__exit__(TimedOutError, TimedOutError("No."), None)


def test_quick_answers_let_as_many_through_as_the_setting_says(
    lane: Lane, clock: FakeTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCOUT_CONCURRENCY", "6")
    assert lane.limit == FIRST
    ask(lane, clock, 1.0, times=20)
    assert lane.limit == 6


def test_a_timeout_halves_the_number_and_quick_answers_raise_it_again(
    lane: Lane, clock: FakeTime
) -> None:
    ask(lane, clock, 1.0, times=6)
    assert lane.limit == 8
    time_out(lane, clock)
    assert lane.limit == 4
    ask(lane, clock, 1.0, times=2)
    assert lane.limit == 6
    for _ in range(9):
        time_out(lane, clock)
    assert lane.limit == 1


def test_timeouts_of_one_moment_are_one(lane: Lane, clock: FakeTime) -> None:
    ask(lane, clock, 1.0, times=6)
    together = [lane.place(None, "x") for _ in range(4)]
    for place in together:
        place.__enter__()
    clock.now_s += 120.0
    for place in together:
        place.__exit__(TimedOutError, TimedOutError("No."), None)
        clock.now_s += 0.5
    assert lane.limit == 4


def test_a_slow_model_that_answers_many_at_a_time_gets_many(lane: Lane, clock: FakeTime) -> None:
    ask(lane, clock, 100.0, times=40)
    assert lane.limit > 6


def test_the_first_timeout_is_told_and_then_what_changes(lane: Lane, clock: FakeTime) -> None:
    record = FakeRecorder()
    for _ in range(5):
        time_out(lane, clock, record)
    told = [(data["before"], data["at_a_time"]) for *_, data in record.audits]
    assert told == [(FIRST, 1)]
    assert "did not answer within 120 s: 1 in place of 2 at a time" in record.audits[0].message


def test_a_serial_endpoint_finishes_in_half_as_long_again_as_it_must(
    chat: ChatServer, monkeypatch: pytest.MonkeyPatch, database: object
) -> None:
    """Scaled down a hundredfold: it answers one after the other, and does not stop for nobody."""
    turn = threading.Lock()

    def one_after_the_other(handler: Handler, asked: Asked) -> None:
        with turn:
            time.sleep(ANSWER_S)
        answer_well(handler, asked)

    chat.always = one_after_the_other
    monkeypatch.setattr(retries, "BACKOFF", replace(retries.BACKOFF, first_s=0.01))
    monkeypatch.setenv("SCOUT_CONCURRENCY", "8")
    recorder = FakeRecorder()
    model = ChatModel(ChatSettings(chat.url, "m", timeout_s=0.5), recorder)
    saved = Saved()

    def fetch(unit: int) -> str:
        return model.analyse(request(full_name=f"o/repo-{unit}")).text

    work_through(live(recorder), range(UNITS), fetch, saved, failed=failed)
    assert len([text for text in saved if "An index" in text]) == UNITS
    assert len(chat.asked) < 1.5 * UNITS, (
        "what was given up on takes as long as what was waited for"
    )


def test_a_quick_endpoint_is_soon_asked_for_as_many_as_allowed(
    chat: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCOUT_CONCURRENCY", "4")
    meeting = threading.Barrier(4, timeout=DEADLINE_S)
    model = ChatModel(ChatSettings(chat.url, "m", timeout_s=60.0))
    for _ in range(4):
        model.analyse(request())

    def together(handler: Handler, asked: Asked) -> None:
        meeting.wait()
        answer_well(handler, asked)

    chat.always = together
    with ThreadPoolExecutor(4) as pool:
        assert len(list(pool.map(lambda _: model.analyse(request()).text, range(4)))) == 4
